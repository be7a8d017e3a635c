using System.Diagnostics;
using Cairn.Cache;
using Cairn.Cache.Refs;
using Cairn.Protos.Pb;
using Cairn.Snapshotter.Layers;
using Cairn.Snapshotter.Store;
using Cairn.Snapshotter.Trees;
using Cairn.Solver.Execution;
using Cairn.Solver.Exporters;
using Cairn.Solver.Ops;
using Cairn.Solver.Registry;
using Cairn.Solver.Sessions;
using Cairn.Solver.Sources;
using Microsoft.Extensions.Logging.Abstractions;
using NSubstitute;
using Xunit;
using Platform = Cairn.Llb.Platform;

namespace Cairn.Solver.Tests.Transfer;

/// <summary>A real store with sources and exporters over it, without a scheduler.</summary>
internal sealed class TransferBench : IAsyncDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly BuildCache _cache;
    private readonly StoreRoot _store;
    private readonly HttpDownloads _downloads;

    public TransferBench()
    {
        _store = StoreRoot.Open(
            new StoreOptions { Root = _directory["root"], RunRoot = _directory["run"] }, [BuildCache.Schema, .. TransferRegistration.Schemas]);
        ISnapshotter snapshotter = SnapshotterFactory.Open(_store);
        _cache = new BuildCache(_store, snapshotter, new BuildCacheOptions());
        _downloads = new HttpDownloads(_store);
        Registry = new RegistryClient(new RegistryOptions { RetryDelay = TimeSpan.FromMilliseconds(1) });
        Services = new SolverServices
        {
            Store = _store,
            Snapshotter = snapshotter,
            Cache = _cache,
            Executor = Substitute.For<IExecutor>(),
            Sources = [new ImageSource(Registry), new OciLayoutSource(), new LocalSource(), new HttpSource(_downloads), new GitSource(_store), new ImageBlobSource(Registry)],
            Images = new ImageResolver(Registry),
            Fetchers = new BlobFetchers(Registry),
            Exporters = [new ImageExporterKind(Registry), new OciExporterKind(), new TreeExporterKind()],
            Ops = [],
            Clock = TimeProvider.System,
            Loggers = NullLoggerFactory.Instance,
        };
    }

    public RegistryClient Registry { get; }

    public SolverServices Services { get; }

    public TestProgress Progress { get; } = new();

    public BuildCache Cache => _cache;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>A path of this bench's own directory.</summary>
    public string this[string name] => _directory[name];

    public async ValueTask DisposeAsync()
    {
        Registry.Dispose();
        _downloads.Dispose();
        await _cache.DisposeAsync();
        await _store.DisposeAsync();
        _directory.Dispose();
    }

    /// <summary>One more layer, filled by the test.</summary>
    public ImmutableRef Layer(ImmutableRef? parent, Action<RootedTree> fill, string description = "a step")
    {
        StagedLayer layer = Services.Snapshotter.Stage();
        fill(layer.Tree);
        layer.Tree.SetMetadata("/", new FileChange { Times = new FileTimes(0) }, followLinks: false);
        return _cache.Refs.Adopt(layer, parent, new RefDescription(description));
    }

    /// <summary>A small tree: a file, a link to it, a directory.</summary>
    public ImmutableRef Sample(ImmutableRef? parent = null, string text = "hello\n") => Layer(parent, tree =>
    {
        tree.MakeDirectory("/etc", 0x1ed, FileOwner.Root, new FileTimes(1_700_000_000_000_000_000), parents: false);
        tree.WriteFile("/etc/greeting", System.Text.Encoding.UTF8.GetBytes(text), 0x1a4, FileOwner.Root, new FileTimes(1_700_000_001_000_000_000));
        tree.MakeSymlink("/greeting", "etc/greeting", FileOwner.Root, new FileTimes(1_700_000_002_000_000_000));
        tree.SetMetadata("/etc", new FileChange { Times = new FileTimes(1_700_000_000_000_000_000) }, followLinks: false);
    });

    public OpContext Context(ISession session)
    {
        var group = new OneSession(session);
        return new OpContext(null!, _cache, group, Progress, new RefContext(Services.Fetchers.For(group), Progress), Services, null!);
    }

    public static InProcessSession Session(string? file = null, string? directory = null, IReadOnlyDictionary<string, ILocalFiles>? files = null, IRegistryCredentials? credentials = null, ISecretSource? secrets = null) =>
        new(new InProcessSessionOptions
        {
            Id = Guid.NewGuid().ToString("N"),
            Files = files ?? new Dictionary<string, ILocalFiles>(),
            Credentials = credentials ?? NoCredentials.Instance,
            Secrets = secrets ?? SecretValues.None,
            Exports = new ExportPaths([new ExportDestination { File = file, Directory = directory }]),
        });

    public async Task<IReadOnlyDictionary<string, string>> ExportAsync(
        string type, ISession session, ImmutableRef? result, Dictionary<string, string>? attributes = null, byte[]? config = null, DateTimeOffset? epoch = null) =>
        await ExportAsync(type, session, [new ExportPlatform("", null, result, config, null)], attributes, epoch);

    public Task<IReadOnlyDictionary<string, string>> ExportAsync(
        string type, ISession session, IReadOnlyList<ExportPlatform> platforms, Dictionary<string, string>? attributes = null, DateTimeOffset? epoch = null)
    {
        var spec = new ExportSpec(type, attributes ?? []);
        IExporter exporter = Services.Exporters.First(kind => kind.Handles(type)).Create(spec);
        return exporter.ExportAsync(
            new ExportRequest
            {
                Index = 0,
                Platforms = platforms,
                IsMultiPlatform = platforms[0].Id.Length > 0,
                Metadata = new Dictionary<string, byte[]>(),
                SourceDateEpoch = epoch,
                Session = session,
                Cache = _cache,
                Progress = Progress,
                Refs = Context(session).Refs,
                Services = Services,
            },
            Token);
    }

    public Task<ImmutableRef?> PullAsync(string identifier, ISession session, Dictionary<string, string>? attributes = null) =>
        Source(identifier, attributes).SnapshotAsync(Context(session), Token);

    public ISourceInstance Source(string identifier, Dictionary<string, string>? attributes = null, Platform? platform = null)
    {
        var op = new SourceOp { Identifier = identifier };
        op.Attrs.Add(attributes ?? []);
        return Services.Sources.First(source => source.Handles(identifier[..identifier.IndexOf("://", StringComparison.Ordinal)])).Open(op, platform);
    }

    /// <summary>Text of a file of a result.</summary>
    public async Task<string> ReadAsync(ImmutableRef result, string path)
    {
        using SnapshotView view = await result.ViewAsync(Context(Session()).Refs, Token);
        return System.Text.Encoding.UTF8.GetString(view.Tree.TryReadFile(path, 1 << 20) ?? throw new FileNotFoundException(path));
    }

    /// <summary>Runs a program that must succeed; returns what it printed.</summary>
    public static async Task<string> RunAsync(string program, params string[] arguments)
    {
        using Process process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        Task<string> errors = process.StandardError.ReadToEndAsync(Token);
        string output = await process.StandardOutput.ReadToEndAsync(Token);
        await process.WaitForExitAsync(Token);
        Assert.True(process.ExitCode == 0, $"{program} {string.Join(' ', arguments)}: {await errors}");
        return output;
    }

    private sealed class OneSession(ISession session) : ISessionGroup
    {
        public IReadOnlyList<ISession> Sessions { get; } = [session];

        public ISession? TryGet(string id) => session.Id == id ? session : null;
    }
}
