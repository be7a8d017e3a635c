using System.Globalization;
using Xunit;

namespace Cairn.Architecture.Tests;

/// <summary>The page about the store lists every numbered check, also one that nobody tests.</summary>
public sealed class StorePageTests
{
    [Fact]
    public void Every_check_has_a_line()
    {
        string[] lines = File.ReadAllLines(Path.Combine(ProjectFile.SourceRoot, "docs", "storage.md"));
        IEnumerable<string> checks =
        [
            .. Range("AIS", 1, 16), .. Range("LCK", 1, 16), .. Range("DEL", 1, 25), .. Range("STG", 1, 16),
            .. Range("MRG", 1, 20), .. Range("MRG", 30, 38), .. Range("MRG", 40, 51), .. Range("DIF", 1, 11),
        ];
        Assert.Equal(checks, lines.Select(static line => line.Split(' ')).Where(static words => words is ["|", _, "|", ..] && words[1].Contains('-'))
            .Select(static words => words[1]).Where(static check => check.Length == 6));
    }

    private static IEnumerable<string> Range(string kind, int first, int last) =>
        Enumerable.Range(first, last - first + 1).Select(number => string.Create(CultureInfo.InvariantCulture, $"{kind}-{number:00}"));
}
