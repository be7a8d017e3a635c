using Cairn.Llb;
using Cairn.Llb.Graphs;
using Cairn.Solver.History;

namespace Cairn.Solver.Explain;

/// <summary>A build with its steps and vertices by digest.</summary>
internal sealed class RecordedBuild
{
    private readonly Lazy<Dictionary<Digest, Vertex>> _vertices;

    public RecordedBuild(BuildHistory history, BuildRecord record)
    {
        Record = record;
        foreach (StepRecord step in record.Steps)
        {
            Steps.TryAdd(step.Digest, step);
        }

        _vertices = new Lazy<Dictionary<Digest, Vertex>>(() =>
        {
            Dictionary<Digest, Vertex> vertices = [];
            foreach (Vertex vertex in history.Definitions(record.Id).SelectMany(static definition => LlbGraph.Load(definition).Vertices))
            {
                vertices.TryAdd(vertex.Digest, vertex);
            }

            return vertices;
        });
    }

    public BuildRecord Record { get; }

    public Dictionary<Digest, StepRecord> Steps { get; } = [];

    /// <summary>The vertex of a step; null for work that is no vertex, and if definitions are lost.</summary>
    public Vertex? Find(Digest digest) => _vertices.Value.GetValueOrDefault(digest);
}
