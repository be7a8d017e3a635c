using System.Globalization;
using BenchmarkDotNet.Attributes;
using Cairn.Llb.Matching;

namespace Cairn.Benchmarks.Functions;

/// <summary>Matching the paths of a context against ignore patterns.</summary>
[MemoryDiagnoser]
public class PatternBenchmarks
{
    private readonly string[] _paths =
        [.. Enumerable.Range(0, 1000).Select(i => "src/module" + (i % 40).ToString(CultureInfo.InvariantCulture) + "/file" + i.ToString(CultureInfo.InvariantCulture) + ".cs")];

    private PatternMatcher _matcher = null!;

    /// <summary>Patterns as in a usual ignore file.</summary>
    [GlobalSetup]
    public void Make() => _matcher = new PatternMatcher(["**/bin", "**/obj", "*.md", "!README.md", "src/module1?/**"]);

    /// <summary>1,000 paths.</summary>
    [Benchmark(OperationsPerInvoke = 1000)]
    public int Match()
    {
        int matched = 0;
        foreach (string path in _paths)
        {
            matched += _matcher.IsMatch(path) ? 1 : 0;
        }

        return matched;
    }
}
