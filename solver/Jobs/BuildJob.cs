using System.Diagnostics.CodeAnalysis;
using Cairn.Cache.Keys;
using Cairn.Llb;
using Cairn.Llb.Graphs;
using Cairn.Solver.Keys;
using Cairn.Solver.Progress;
using Cairn.Solver.Scheduling;
using Cairn.Solver.Sessions;
using Definition = Cairn.Protos.Pb.Definition;

namespace Cairn.Solver.Jobs;

/// <summary>One build as the scheduler knows it: its client, its view of the progress, what it may do, and the vertices it brought.</summary>
[SuppressMessage("Reliability", "CA1001", Justification = "A source of cancellation without a timer or a wait handle holds nothing.")]
internal sealed class BuildJob(
    JobId id, string name, ISession session, IBuildProgress progress, Entitlements entitlements, IVertexRecorder? recorder, BuildEngine engine)
{
    private readonly Lock _lock = new();

    // Digests that the scheduler was told of; guarded by _lock.
    private readonly Dictionary<Digest, bool> _loaded = [];

    // What its definitions say of exporting a vertex; where they disagree, it is exported. Guarded by _lock.
    private readonly Dictionary<Digest, bool> _hints = [];

    private readonly CancellationTokenSource _left = new();

    // Replaced as a whole under _lock, so that work may read it.
    private volatile CacheImport[] _imports = [];

    public JobId Id { get; } = id;

    /// <summary>The id that the client gave.</summary>
    public string Name { get; } = name;

    public ISession Session { get; } = session;

    /// <summary>What it may do.</summary>
    public Entitlements Entitlements { get; } = entitlements;

    /// <summary>Most processes that a step of the build may have at a time; null if there is no limit.</summary>
    public long? MostProcesses { get; init; }

    /// <summary>Keeps records of the build's vertices; null if nobody does.</summary>
    public IVertexRecorder? Recorder { get; } = recorder;

    public JobProgress Progress { get; } = new(progress, engine.Services.Clock);

    /// <summary>The caches that it imports, in the order in which they are preferred.</summary>
    public IReadOnlyList<CacheImport> Imports => _imports;

    /// <summary>Has caches asked for what the store lacks, beginning with the next look-up. One that it imports already is not read again.</summary>
    public void Import(IReadOnlyList<ICacheSource> sources)
    {
        lock (_lock)
        {
            foreach (ICacheSource source in sources)
            {
                if (!_imports.Any(known => known.Id == source.Id))
                {
                    _imports = [.. _imports, new CacheImport(source, () => LoadAsync(source), engine.Services.Cache.Keys)];
                }
            }
        }
    }

    /// <summary>The keys that lead to a result, for caches that are exported.</summary>
    /// <param name="edge">The result; it was wanted before.</param>
    /// <param name="mode">For which records blobs are made.</param>
    /// <param name="cancellationToken">Stops the wait.</param>
    public async Task<CacheChain> ChainAsync(Edge edge, CacheExportMode mode, CancellationToken cancellationToken)
    {
        IReadOnlyList<KeyedEdge> edges = await engine.Scheduler.KeysAsync(Id).WaitAsync(cancellationToken);
        Dictionary<Digest, bool> hints;
        lock (_lock)
        {
            hints = new(_hints);
        }

        var reader = new ChainReader(engine.Services.Cache, _imports, edges, hints);
        IReadOnlyList<CacheKeyId> keys = edges.FirstOrDefault(one => one.Vertex == edge.Vertex.Digest && one.Output == edge.OutputIndex)?.Keys ?? [];
        return await Task.Run(() => reader.Read(keys, mode), cancellationToken);
    }

    /// <summary>The build is over: nothing is read for it any more.</summary>
    public void Leave() => _left.Cancel();

    /// <summary>Reads a definition and makes its vertices this build's.</summary>
    /// <returns>What it asks for; null for scratch.</returns>
    /// <exception cref="BuildException">Input: the definition is not valid, or asks for more than the build may do.</exception>
    public Edge? Load(Definition definition)
    {
        LlbGraph graph = LlbGraph.Load(definition);
        Entitlements.Check(graph);
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
                if (vertex.Metadata.ExportCache is { } hint)
                {
                    _hints[vertex.Digest] = hint.Value || _hints.GetValueOrDefault(vertex.Digest);
                }

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

    private Task<IReadOnlyList<ImportedKey>> LoadAsync(ICacheSource source) => engine.ShowAsync(
        this,
        $"importing cache manifest from {source.Id}",
        $"importing cache manifest from {source.Id}",
        channel => source.LoadAsync(SessionGroup.Of(Session), engine.Services, channel, _left.Token));

    private static ProgressGroup? GroupOf(Vertex vertex) => vertex.Metadata.ProgressGroup is { } group
        ? new ProgressGroup(group.Id, group.Name, group.Weak)
        : null;
}
