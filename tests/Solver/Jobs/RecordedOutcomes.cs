using System.Collections.Concurrent;
using Cairn.Llb.Graphs;
using Cairn.Solver.Jobs;
using Definition = Cairn.Protos.Pb.Definition;

namespace Cairn.Solver.Tests.Jobs;

/// <summary>Keeps what is told of a build's vertices.</summary>
internal sealed class RecordedOutcomes : IVertexRecorder
{
    public ConcurrentQueue<VertexOutcome> All { get; } = [];

    public VertexOutcome Of(string name) => All.Last(outcome => outcome.Vertex.Name == name);

    public void Record(VertexOutcome outcome) => All.Enqueue(outcome);

    public void Loaded(Definition definition, LlbGraph graph)
    {
    }
}
