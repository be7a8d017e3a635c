using System.Collections.Concurrent;
using System.Globalization;
using Cairn.Cache;
using Cairn.Llb;
using Cairn.Llb.Graphs;
using Cairn.Snapshotter.Additional;
using Cairn.Snapshotter.Layers;
using Cairn.Snapshotter.Store;
using Cairn.Solver.Debugging;
using Cairn.Solver.Execution;
using Cairn.Solver.Exporters;
using Cairn.Solver.History;
using Cairn.Solver.Jobs;
using Cairn.Solver.Ops;
using Cairn.Solver.Progress;
using Cairn.Solver.Remote;
using Cairn.Solver.Sources;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Cairn.Solver;

/// <summary>The engine over one store: takes builds, any number at a time.</summary>
public sealed class BuildSolver : IAsyncDisposable
{
    private const string EpochArgument = "build-arg:SOURCE_DATE_EPOCH";
    private const string EpochAttribute = "source-date-epoch";
    private static readonly TimeSpan SealBudget = TimeSpan.FromSeconds(1);

    private readonly ServiceProvider _provider;
    private readonly BuildEngine _engine;
    private readonly ILogger _logger;
    private bool _hasBuilt;
    private readonly HistoryStore _history;
    private readonly ConcurrentDictionary<Task, BuildId> _records = [];   // of builds that have ended, being written
    private Task<WaitGraphDoor?>? _door;   // set by the first build
    private int _hasDoor;
    private int _isDisposed;

    private BuildSolver(ServiceProvider provider)
    {
        _provider = provider;
        _engine = provider.GetRequiredService<BuildEngine>();
        _logger = provider.GetRequiredService<ILoggerFactory>().CreateLogger<BuildSolver>();
        _history = provider.GetRequiredService<HistoryStore>();
        History = new BuildHistory(_history, provider.GetRequiredService<BuildCache>().Collector);
        Shells = new StepShells(_engine.Services, History, _history, _engine);
        Store = new StoreCommands(provider.GetRequiredService<BuildCache>());
    }

    /// <summary>What lies in the store.</summary>
    public StoreCommands Store { get; }

    /// <summary>What is wrong with additional stores, one sentence each; they are left out, and builds work without them.</summary>
    public IReadOnlyList<string> Warnings => _provider.GetRequiredService<StoreRoot>().Additional.Warnings;

    /// <summary>The snapshotter in use: <c>overlay</c> or <c>native</c>.</summary>
    public string Driver => _engine.Services.Snapshotter.Driver;

    /// <summary>Records of builds.</summary>
    public BuildHistory History { get; }

    /// <summary>Shells in what failed steps left.</summary>
    public StepShells Shells { get; }

    /// <summary>The parts that builds work with.</summary>
    internal SolverServices Services => _engine.Services;

    /// <summary>Opens the store and everything above it.</summary>
    /// <exception cref="BuildException">Environment: the store cannot be opened.</exception>
    public static BuildSolver Open(SolverOptions options) => Open(options, static _ => { });

    /// <summary>Opens the store, with services added or put in place of others.</summary>
    internal static BuildSolver Open(SolverOptions options, Action<IServiceCollection> configure)
    {
        ArgumentNullException.ThrowIfNull(options);
        var services = new ServiceCollection();
        services.AddSingleton(options);
        services.AddSingleton(options.Clock);
        services.AddSingleton(options.Loggers);
        services.AddSingleton(_ => StoreRoot.Open(
            new StoreOptions
            {
                Root = options.Root,
                RunRoot = options.RunRoot,
                Clock = options.Clock,
                Loggers = options.Loggers,
                Driver = options.Driver,
                AdditionalStores = options.AdditionalStores,
                IsLongLived = options.IsLongLived,
                CloseBudget = TimeSpan.FromSeconds(options.IsLongLived ? 10 : 0.5),
                OnDeadInstance = ExecutionRegistration.EndContainers,
            },
            [BuildCache.Schema, .. TransferRegistration.Schemas, HistoryTable.Schema]));
        services.AddSingleton(provider => SnapshotterFactory.Open(provider.GetRequiredService<StoreRoot>()));
        services.AddSingleton(provider => new BuildCache(
            provider.GetRequiredService<StoreRoot>(),
            provider.GetRequiredService<ISnapshotter>(),
            new BuildCacheOptions { Clock = options.Clock, Loggers = options.Loggers, MaxUsedSpace = options.MaxUsedSpace }));
        services.AddSingleton<IOpKind, SourceOpKind>();
        services.AddSingleton<IOpKind, MergeOpKind>();
        services.AddSingleton<IOpKind, DiffOpKind>();
        services.AddSingleton<IOpKind, BuildOpKind>();
        services.AddSingleton<IOpKind, PassthroughOpKind>();
        services.AddSingleton(provider => new HistoryStore(
            provider.GetRequiredService<StoreRoot>(), provider.GetRequiredService<BuildCache>().Collector, options.History, options.Clock, options.Loggers.CreateLogger<HistoryStore>()));
        services.AddExecution();
        services.AddTransfer();
        configure(services);
        services.AddSingleton(static provider => new SolverServices
        {
            Store = provider.GetRequiredService<StoreRoot>(),
            Snapshotter = provider.GetRequiredService<ISnapshotter>(),
            Cache = provider.GetRequiredService<BuildCache>(),
            Executor = provider.GetRequiredService<IExecutor>(),
            Sources = [.. provider.GetServices<ISource>()],
            Images = provider.GetRequiredService<IImageResolver>(),
            Fetchers = provider.GetRequiredService<IBlobFetchers>(),
            Exporters = [.. provider.GetServices<IExporterKind>()],
            Ops = [.. provider.GetServices<IOpKind>()],
            Caches = provider.GetRequiredService<RemoteCaches>(),
            Clients = provider.GetRequiredService<SolverOptions>().Clients,
            Clock = provider.GetRequiredService<TimeProvider>(),
            Loggers = provider.GetRequiredService<ILoggerFactory>(),
        });
        services.AddSingleton<BuildEngine>();
        ServiceProvider built = services.BuildServiceProvider();
        try
        {
            return new BuildSolver(built);
        }
        catch
        {
            built.Dispose();
            throw;
        }
    }

    /// <summary>Runs one build to its end. What it made stays in the cache.</summary>
    /// <param name="request">What to build.</param>
    /// <param name="progress">Hears of it; told nothing more once the call has returned.</param>
    /// <param name="cancellationToken">Ends the build. What other builds need of it goes on.</param>
    /// <exception cref="BuildException">The build failed.</exception>
    public async Task<BuildResult> BuildAsync(BuildRequest request, IBuildProgress progress, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(progress);
        if (request.IsInternal || _history.Options.MaxBuilds == 0)
        {
            return await BuildAsync(request, progress, recorder: null, cancellationToken);
        }

        var recorder = new BuildRecorder(_history, request, progress, _engine.Services.Clock);
        recorder.Begin();
        BuildResult? result = null;
        Exception? error = null;
        try
        {
            return result = await BuildAsync(request, recorder, recorder, cancellationToken);
        }
        catch (Exception e)
        {
            error = e;
            throw;
        }
        finally
        {
            // The caller has its answer first.
            Task record = Task.Run(() => recorder.EndAsync(result, error), CancellationToken.None);
            _records.TryAdd(record, request.HistoryId);
            _ = record.ContinueWith(done => _records.TryRemove(done, out _), TaskScheduler.Default);
        }
    }

    /// <summary>Waits until the builds that have ended are recorded.</summary>
    public Task RecordsAsync(CancellationToken cancellationToken) => Task.WhenAll(_records.Keys).WaitAsync(cancellationToken);

    /// <summary>Waits until one build that has ended is recorded.</summary>
    public Task RecordedAsync(BuildId id, CancellationToken cancellationToken) =>
        Task.WhenAll(_records.Where(record => record.Value == id).Select(static record => record.Key)).WaitAsync(cancellationToken);

    /// <summary>Refuses what can be seen to be wrong before any work: exporters, their attributes, rights.</summary>
    /// <exception cref="BuildException">Input or Environment: what is wrong.</exception>
    public void Check(BuildRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        foreach (ExportSpec spec in WithEpoch(request))
        {
            Find(spec);
        }

        _engine.Services.Caches.Exports(request.CacheExports);
        _engine.Check(request.Entitlements);
    }

    /// <summary>Runs one build whose vertices somebody keeps records of.</summary>
    internal async Task<BuildResult> BuildAsync(
        BuildRequest request, IBuildProgress progress, IVertexRecorder? recorder, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(progress);
        IReadOnlyList<IExporter> exporters = [.. WithEpoch(request).Select(Find)];
        IReadOnlyList<CacheExport> caches = _engine.Services.Caches.Exports(request.CacheExports);
        await RefreshAsync();
        OpenDoor();
        BuildJob job = _engine.Join(request, progress, recorder);
        job.Import(request.CacheSources);
        job.Import([.. ImportsOf(request).Select(_engine.Services.Caches.Import)]);
        _hasBuilt = true;
        try
        {
            FrontendSolve solve = await SolveAsync(job, request, cancellationToken);
            await EvaluateAsync(job, solve, cancellationToken);
            bool isInline = request.CacheExports.Any(static spec => spec.Type == CacheSpec.Inline);
            SortedDictionary<string, string> response = await new ExportRun(job, _engine, exporters, solve, isInline).RunAsync(cancellationToken);
            await new CacheExportRun(job, _engine, caches, solve).RunAsync(response, cancellationToken);
            foreach ((string key, byte[] value) in solve.Metadata)
            {
                if (key.StartsWith("frontend.", StringComparison.Ordinal))
                {
                    response[key] = System.Text.Encoding.UTF8.GetString(value);
                }
            }

            return new BuildResult(response, solve.Metadata);
        }
        finally
        {
            await _engine.Scheduler.RecordedAsync();   // the vertices stay until the next build finds what this one made
            _engine.Leave(job);
        }
    }

    /// <summary>What every build waits for now, as text for people: a line for each vertex, below the id of the build.</summary>
    public async Task<string> WaitGraphAsync() => BuildWaits.Render(await _engine.Scheduler.WaitsAsync());

    /// <summary>How much the graph of all builds holds now.</summary>
    internal Task<GraphCounts> CountAsync() => _engine.Scheduler.CountAsync();

    /// <summary>Waits for the end of what still runs, cleans up if something was built, and closes the store.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _isDisposed, 1) != 0)
        {
            return;
        }

        await _engine.DisposeAsync();
        await Task.WhenAll(_records.Keys);
        if (_door is not null && await _door is { } door)
        {
            await door.DisposeAsync();
        }

        try
        {
            if (_hasBuilt)
            {
                await CleanAsync();
            }
        }
        finally
        {
            await _provider.DisposeAsync();
        }
    }

    // Beside the first build: it waits for nothing here.
    private void OpenDoor()
    {
        if (Interlocked.Exchange(ref _hasDoor, 1) == 0)
        {
            _door = Task.Run(() => WaitGraphDoor.TryOpen(_engine.Services.Store.Instance.RunDirectory, _engine.Scheduler.WaitsAsync, _logger));
        }
    }

    // Other stores may have learnt something since the last build.
    private Task RefreshAsync()
    {
        AdditionalStores stores = _provider.GetRequiredService<StoreRoot>().Additional;
        return stores.All.Count == 0 ? Task.CompletedTask : Task.Run(stores.Refresh);
    }

    // The result has been reported: this may fail without harm to it.
    private async Task CleanAsync()
    {
        try
        {
            await _provider.GetRequiredService<BuildCache>().Collector.CollectAsync(CancellationToken.None);
            await _provider.GetRequiredService<StoreRoot>().SealAsync(SealBudget, CancellationToken.None);
        }
        catch (Exception e) when (e is BuildException or IOException)
        {
            _logger.CleaningFailed(e);
        }
    }

    // The build argument counts for the exporters, too, unless they were told otherwise.
    private static IEnumerable<ExportSpec> WithEpoch(BuildRequest request)
    {
        string? epoch = request.FrontendOptions.GetValueOrDefault(EpochArgument);
        bool counts = epoch is not null
            && (epoch.Length == 0 || long.TryParse(epoch, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out _));
        foreach (ExportSpec spec in request.Exports)
        {
            yield return !counts || spec.Attributes.ContainsKey(EpochAttribute)
                ? spec
                : spec with
                {
                    Attributes = new Dictionary<string, string>(spec.Attributes, StringComparer.Ordinal) { [EpochAttribute] = epoch! },
                };
        }
    }

    // Clients name them twice, since frontends may have their own use of them.
    private static IEnumerable<CacheSpec> ImportsOf(BuildRequest request) =>
        request.FrontendOptions.TryGetValue(CacheSpec.ImportOption, out string? option) && option.Length > 0
            ? request.CacheImports.Concat(CacheSpec.ParseImports(option))
            : request.CacheImports;

    private IExporter Find(ExportSpec spec)
    {
        IExporterKind kind = _engine.Services.Exporters.FirstOrDefault(kind => kind.Handles(spec.Type)) ?? throw new BuildException(
            ErrorKind.Input, string.Empty, string.Empty, $"exporter \"{spec.Type}\" could not be found");
        return kind.Create(spec);
    }

    private async Task<FrontendSolve> SolveAsync(BuildJob job, BuildRequest request, CancellationToken cancellationToken)
    {
        if (request.Frontend is { } frontend)
        {
            return await frontend.SolveAsync(new FrontendBridge(job, _engine), request.FrontendOptions, cancellationToken);
        }

        if (request.Definition is not { } definition)
        {
            throw new BuildException(ErrorKind.Input, "build", request.Id, "neither a frontend nor a definition says what to build");
        }

        Edge? edge = job.Load(definition);
        SolvedRef? solved = edge is null ? null : new SolvedRef(edge.Value, definition);
        return new FrontendSolve(
            [new PlatformRef(string.Empty, null, solved)], IsMultiPlatform: false, new Dictionary<string, byte[]>(StringComparer.Ordinal));
    }

    private static async Task EvaluateAsync(BuildJob job, FrontendSolve solve, CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Task<bool>[] wants = [.. solve.Platforms.Where(static platform => platform.Ref is not null).Select(EvaluateOneAsync)];
        await FirstFailure.WhenAllAsync(wants, stop);

        async Task<bool> EvaluateOneAsync(PlatformRef platform)
        {
            using Delivered delivered = await job.WantAsync(platform.Ref!.Edge, stop.Token);
            return true;
        }
    }
}
