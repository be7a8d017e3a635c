using Cairn.Llb;
using Cairn.Llb.Graphs;
using Cairn.Solver.Progress;
using Cairn.Solver.Scheduling;
using Cairn.Solver.Sessions;
using Definition = Cairn.Protos.Pb.Definition;

namespace Cairn.Solver.Jobs;

/// <summary>One build as the scheduler knows it: its client, its view of the progress, what it may do, and the vertices it brought.</summary>
internal sealed class BuildJob(
    JobId id, string name, ISession session, IBuildProgress progress, Entitlements entitlements, IVertexRecorder? recorder, BuildEngine engine)
{
    private readonly Lock _lock = new();

    // Digests that the scheduler was told of; guarded by _lock.
    private readonly Dictionary<Digest, bool> _loaded = [];

    public JobId Id { get; } = id;

    /// <summary>The id that the client gave.</summary>
    public string Name { get; } = name;

    public ISession Session { get; } = session;

    /// <summary>Keeps records of the build's vertices; null if nobody does.</summary>
    public IVertexRecorder? Recorder { get; } = recorder;

    public JobProgress Progress { get; } = new(progress, engine.Services.Clock);

    /// <summary>Reads a definition and makes its vertices this build's.</summary>
    /// <returns>What it asks for; null for scratch.</returns>
    /// <exception cref="BuildException">Input: the definition is not valid, or asks for more than the build may do.</exception>
    public Edge? Load(Definition definition)
    {
        LlbGraph graph = LlbGraph.Load(definition);
        entitlements.Check(graph);
        Recorder?.Loaded(definition, graph);
        lock (_lock)
        {
            var positions = new Dictionary<Digest, int>(graph.Vertices.Count);
            var specs = new List<VertexSpec>(graph.Vertices.Count);
            bool isNew = false;
            foreach (Vertex vertex in graph.Vertices)
            {
                bool ignoresCache = vertex.Metadata.IgnoreCache;
                isNew |= !_loaded.TryGetValue(vertex.Digest, out bool ignored) || (ignoresCache && !ignored);
                _loaded[vertex.Digest] = ignoresCache || ignored;
                positions.Add(vertex.Digest, specs.Count);
                specs.Add(new VertexSpec(
                    vertex.Digest,
                    [.. vertex.Inputs.Select(input => new InputSpec(positions[input.Vertex.Digest], input.OutputIndex))],
                    ignoresCache,
                    engine.Services.OpKind(vertex.Kind).IsLimited,
                    new VertexWork(vertex, engine.Services, engine)));
                Progress.Announce(vertex.Digest, vertex.Name, [.. vertex.Inputs.Select(static input => input.Vertex.Digest)], GroupOf(vertex));
            }

            if (isNew)
            {
                engine.Scheduler.Load(this, specs);
            }
        }

        return graph.Terminal;
    }

    /// <summary>Has an edge made, or found.</summary>
    public Task<Delivered> WantAsync(Edge edge, CancellationToken cancellationToken) =>
        engine.Scheduler.WantAsync(Id, edge.Vertex.Digest, edge.OutputIndex, cancellationToken);

    /// <summary>Uses a result. If its bytes turn out to be gone, it is made again, a few times.</summary>
    public async Task<T> UseAsync<T>(Edge edge, Func<Delivered, Task<T>> use, CancellationToken cancellationToken)
    {
        const int MostAttempts = 3;
        for (int attempt = 1; ; attempt++)
        {
            using Delivered delivered = await WantAsync(edge, cancellationToken);
            try
            {
                return await use(delivered);
            }
            catch (Cairn.Cache.ResultLostException) when (attempt < MostAttempts)
            {
                engine.Scheduler.Lose(delivered.Id);
            }
        }
    }

    private static ProgressGroup? GroupOf(Vertex vertex) => vertex.Metadata.ProgressGroup is { } group
        ? new ProgressGroup(group.Id, group.Name, group.Weak)
        : null;
}
