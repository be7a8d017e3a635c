using System.Globalization;
using BenchmarkDotNet.Attributes;
using Cairn.Llb.Building;
using Cairn.Llb.Graphs;
using Cairn.Protos.Pb;

namespace Cairn.Benchmarks.Functions;

/// <summary>Reading and writing definitions.</summary>
[MemoryDiagnoser]
public class GraphBenchmarks
{
    private State _state = State.Scratch;
    private Definition _definition = new();

    /// <summary>Vertices in the chain.</summary>
    [Params(50, 10_000)]
    public int Vertices { get; set; }

    /// <summary>Makes the chain.</summary>
    [GlobalSetup]
    public void Make()
    {
        _state = State.Scratch;
        for (int i = 0; i < Vertices; i++)
        {
            _state = _state.File(FileActions.None.MakeDirectory("/" + i.ToString(CultureInfo.InvariantCulture), 0x1ed));
        }

        _definition = _state.Marshal();
    }

    /// <summary>From bytes to checked vertices.</summary>
    [Benchmark]
    public LlbGraph Load() => LlbGraph.Load(_definition);

    /// <summary>From states to bytes.</summary>
    [Benchmark]
    public Definition Marshal() => _state.Marshal();
}
