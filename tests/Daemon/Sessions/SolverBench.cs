using System.Collections.Concurrent;
using Cairn.Llb.Building;
using Cairn.Solver;
using Cairn.Solver.Exporters;
using Cairn.Solver.Progress;
using Cairn.Solver.Sessions;

namespace Cairn.Daemon.Tests.Sessions;

/// <summary>A solver over a store of its own, whose builds have the sessions of a registry.</summary>
internal sealed class SolverBench : IAsyncDisposable, IBuildProgress
{
    private readonly BuildSolver _solver;
    private int _builds;

    public SolverBench()
    {
        _solver = BuildSolver.Open(new SolverOptions
        {
            Root = Sessions.Workspace.Root,
            RunRoot = Sessions.Workspace.In("run"),
            Clients = Sessions.Registry,
            IsLongLived = true,
        });
    }

    public SessionBench Sessions { get; } = new();

    /// <summary>What builds were told, of all builds.</summary>
    public ConcurrentQueue<BuildEvent> Events { get; } = new();

    /// <summary>Builds, and copies the result to a directory of this machine.</summary>
    /// <returns>The directory.</returns>
    public async Task<string> BuildAsync(State state, ISession session, CancellationToken cancellationToken)
    {
        string directory = Sessions.Workspace.In($"out-{Interlocked.Increment(ref _builds)}");
        await ExportAsync(
            state, new LocalExports(session, new ExportPaths([new ExportDestination { Directory = directory }])), "local", [], cancellationToken);
        return directory;
    }

    /// <summary>Builds, with an exporter that gives its result to the session's own targets.</summary>
    public async Task<IReadOnlyDictionary<string, string>> ExportAsync(
        State state, ISession session, string exporter, Dictionary<string, string> attributes, CancellationToken cancellationToken)
    {
        var request = new BuildRequest
        {
            Id = Guid.NewGuid().ToString("N"),
            Session = session,
            Definition = state.Marshal(new MarshalOptions { LocalUniqueId = "of the bench" }),   // equal states are one vertex
            Exports = [new ExportSpec(exporter, attributes)],
        };
        return (await _solver.BuildAsync(request, this, cancellationToken)).Response;
    }

    public void Write(BuildEvent news) => Events.Enqueue(news);

    /// <summary>Sees to it that nothing is left in the place where things are filled. Records of builds pass through it, too, after the builds' ends.</summary>
    public async Task NothingIsLeftAsync(CancellationToken cancellationToken)
    {
        await _solver.RecordsAsync(cancellationToken);
        string staging = Path.Combine(Sessions.Workspace.Root, "staging");
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(TimeSpan.FromSeconds(60));
        while (Directory.Exists(staging) && Directory.EnumerateFileSystemEntries(staging).Any())
        {
            await Task.Delay(10, limit.Token);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _solver.DisposeAsync();
        await Sessions.DisposeAsync();
    }

    /// <summary>A client whose results stay on this machine.</summary>
    private sealed class LocalExports(ISession session, IExportTarget exports) : ISession
    {
        public string Id => session.Id;

        public ISecretSource Secrets => session.Secrets;

        public IRegistryCredentials Credentials => session.Credentials;

        public ISshAgents Ssh => session.Ssh;

        public IExportTarget Exports => exports;

        public IOciLayouts Layouts => session.Layouts;

        public ILocalFiles? Files(string name) => session.Files(name);

        public ISentFiles? SentFiles(string name) => session.SentFiles(name);

        public Task<Stream?> OpenUploadAsync(Uri address, CancellationToken cancellationToken) => session.OpenUploadAsync(address, cancellationToken);
    }
}
