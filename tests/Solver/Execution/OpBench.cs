using System.Text;
using Cairn.Cache;
using Cairn.Cache.Refs;
using Cairn.Llb;
using Cairn.Llb.Building;
using Cairn.Llb.Graphs;
using Cairn.Protos.Pb;
using Cairn.Snapshotter.Layers;
using Cairn.Snapshotter.Store;
using Cairn.Snapshotter.Trees;
using Cairn.Solver.Execution;
using Cairn.Solver.Ops;
using Cairn.Solver.Progress;
using Cairn.Solver.Sessions;
using Cairn.Solver.Sources;
using Microsoft.Extensions.Logging.Abstractions;
using NSubstitute;
using Xunit;

namespace Cairn.Solver.Tests.Execution;

/// <summary>Runs the ops of a graph one after another, without a scheduler and without a cache of results, on a real store.</summary>
internal sealed class OpBench : IAsyncDisposable, ISessionGroup, IVertexProgress, IProgressItem, IBlobFetcher
{
    private readonly string _directory = Directory.CreateTempSubdirectory("cairn-ops-").FullName;
    private readonly Dictionary<string, ImmutableRef> _locals = new(StringComparer.Ordinal);
    private readonly StringBuilder _log = new();   // guarded by itself
    private readonly ContainerExecutor _executor;
    private readonly SolverServices _services;

    public OpBench(string? driver = null)
    {
        Store = StoreRoot.Open(
            new StoreOptions { Root = Path.Combine(_directory, "root"), RunRoot = Path.Combine(_directory, "run"), Driver = driver },
            [BuildCache.Schema]);
        Snapshotter = SnapshotterFactory.Open(Store);
        Cache = new BuildCache(Store, Snapshotter, new BuildCacheOptions());
        Options = new ContainerExecutorOptions
        {
            RunDirectory = Store.Instance.RunDirectory,
            InstanceId = Store.Instance.Id,
            ProbeDirectory = Path.Combine(Path.GetTempPath(), "cairn-test-probe"),
        };
        _executor = new ContainerExecutor(Options);
        _services = new SolverServices
        {
            Store = Store,
            Snapshotter = Snapshotter,
            Cache = Cache,
            Executor = _executor,
            Sources = [],
            Images = Substitute.For<IImageResolver>(),
            Fetchers = Substitute.For<IBlobFetchers>(),
            Exporters = [],
            Ops = [new ExecOpKind(LogLimits, keepsFailures: false), new FileOpKind()],
            Clock = TimeProvider.System,
            Loggers = NullLoggerFactory.Instance,
        };
        Sessions = [new InProcessSession(new InProcessSessionOptions { Id = "one" })];
    }

    public static LogLimits LogLimits { get; } = new(4096, -1);

    public StoreRoot Store { get; }

    public ISnapshotter Snapshotter { get; }

    public BuildCache Cache { get; }

    public ContainerExecutorOptions Options { get; }

    public IReadOnlyList<ISession> Sessions { get; set; }

    public string Log
    {
        get
        {
            lock (_log)
            {
                return _log.ToString();
            }
        }
    }

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private RefContext Refs => new(this, this);

    /// <summary>A source that the graph can begin with, filled by the test.</summary>
    public State Local(string name, Action<string> fill)
    {
        if (!_locals.ContainsKey(name))
        {
            StagedLayer layer = Snapshotter.Stage();
            fill(layer.Directory);
            _locals[name] = Cache.Refs.Adopt(layer, null, new RefDescription(name));
        }

        return State.Local(name);
    }

    public State Busybox() => Local("busybox", BusyboxRoot.Fill);

    /// <summary>The result; the bench owns nothing of it.</summary>
    public async Task<ImmutableRef?> SolveAsync(State state)
    {
        Definition definition = state.Marshal();
        LlbGraph graph = LlbGraph.Load(definition);
        Dictionary<Digest, IReadOnlyList<ImmutableRef?>> results = [];
        foreach (Vertex vertex in graph.Vertices)
        {
            results.Add(vertex.Digest, await ExecuteAsync(vertex, results));
        }

        ImmutableRef? result = graph.Terminal is Edge edge ? results[edge.Vertex.Digest][edge.OutputIndex]?.Clone() : null;
        foreach (ImmutableRef? one in results.Values.SelectMany(list => list))
        {
            one?.Dispose();
        }

        return result;
    }

    /// <summary>Cache maps of the last vertex.</summary>
    public async Task<CacheMap> CacheMapAsync(State state)
    {
        Vertex vertex = LlbGraph.Load(state.Marshal()).Terminal!.Value.Vertex;
        return await Kind(vertex).Create(vertex).CacheMapAsync(Context(vertex), 0, Cancellation);
    }

    /// <summary>Looks at a solved tree.</summary>
    public async Task<T> LookAsync<T>(State state, Func<RootedTree, T> look)
    {
        using ImmutableRef? result = await SolveAsync(state);
        if (result is null)
        {
            using SnapshotView empty = Snapshotter.View([]);
            return look(empty.Tree);
        }

        using SnapshotView view = await result.ViewAsync(Refs, Cancellation);
        return look(view.Tree);
    }

    /// <summary>Text of a file of a solved tree.</summary>
    public Task<string> ReadAsync(State state, string path) =>
        LookAsync(state, tree => Encoding.UTF8.GetString(tree.TryReadFile(path, 1 << 20) ?? throw new FileNotFoundException(path)));

    /// <summary>Every path of a solved tree with kind, mode and owner.</summary>
    public Task<string[]> ListAsync(State state) => LookAsync(state, tree => Below(tree, "/").ToArray());

    /// <summary>Changes that the top layer of a solved tree holds, as paths.</summary>
    public async Task<string[]> TopLayerAsync(State state)
    {
        using ImmutableRef result = (await SolveAsync(state))!;
        await result.MakeLocalAsync(Refs, Cancellation);
        using SnapshotView view = await result.ViewAsync(Refs, Cancellation);
        string changes = Snapshotter.ChangesDirectory(result.Layers[^1].Directory!.Value);
        return [.. Directory.EnumerateFileSystemEntries(changes, "*", SearchOption.AllDirectories)];
    }

    public ISession? TryGet(string id) => Sessions.FirstOrDefault(session => session.Id == id);

    void IVertexProgress.Log(int stream, ReadOnlySpan<byte> bytes)
    {
        lock (_log)
        {
            _log.Append(Encoding.UTF8.GetString(bytes));
        }
    }

    void IVertexProgress.Warn(BuildWarning warning)
    {
        // Nobody looks at warnings here.
    }

    IProgressItem IVertexProgress.Step(string id) => this;

    IProgressItem ITransferProgress.Begin(string id, string action, long total) => this;

    void IProgressItem.Report(long current)
    {
        // Nobody looks at progress here.
    }

    void IDisposable.Dispose()
    {
        // As a progress item it holds nothing.
    }

    Task<Stream> IBlobFetcher.OpenAsync(Descriptor blob, BlobSource source, long offset, CancellationToken cancellationToken) =>
        throw new NotSupportedException("nothing is remote here");

    public async ValueTask DisposeAsync()
    {
        foreach (ImmutableRef local in _locals.Values)
        {
            local.Dispose();
        }

        _executor.Dispose();
        await Cache.DisposeAsync();
        await Store.DisposeAsync();
        Directory.Delete(_directory, recursive: true);
    }

    private static IEnumerable<string> Below(RootedTree tree, string directory)
    {
        foreach (TreeEntry entry in tree.List(directory))
        {
            string mode = Convert.ToString((int)entry.Status.Mode, 8);
            yield return $"{entry.Path} {entry.Status.Kind} {mode} {entry.Status.Uid}:{entry.Status.Gid}";
            if (entry.Status.IsDirectory)
            {
                foreach (string below in Below(tree, entry.Path))
                {
                    yield return below;
                }
            }
        }
    }

    private IOpKind Kind(Vertex vertex) => _services.Ops.Single(kind => kind.Kind == vertex.Kind);

    private async Task<IReadOnlyList<ImmutableRef?>> ExecuteAsync(Vertex vertex, Dictionary<Digest, IReadOnlyList<ImmutableRef?>> results)
    {
        if (vertex.Kind == Op.OpOneofCase.Source)
        {
            return [_locals[vertex.Op.Source.Identifier["local://".Length..]].Clone()];
        }

        ImmutableRef?[] inputs = [.. vertex.Inputs.Select(edge => results[edge.Vertex.Digest][edge.OutputIndex])];
        return await Kind(vertex).Create(vertex).ExecuteAsync(Context(vertex), inputs, Cancellation);
    }

    private OpContext Context(Vertex vertex) => new(vertex, Cache, this, this, Refs, _services, Substitute.For<INestedSolver>());
}
