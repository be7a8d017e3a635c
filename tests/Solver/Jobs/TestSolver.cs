using Cairn.Cache;
using Cairn.Cache.Refs;
using Cairn.Llb;
using Cairn.Solver.Exporters;
using Cairn.Solver.Progress;
using Cairn.Solver.Sessions;
using Cairn.Solver.Sources;
using Cairn.Solver.Tests.Progress;
using Microsoft.Extensions.DependencyInjection;
using Xunit;
using Definition = Cairn.Protos.Pb.Definition;

namespace Cairn.Solver.Tests.Jobs;

/// <summary>A real solver on a real store, with sources that a test controls.</summary>
internal sealed class TestSolver : IAsyncDisposable, IImageResolver, IBlobFetchers
{
    private readonly string _directory = Directory.CreateTempSubdirectory("cairn-solver-").FullName;
    private int _builds;

    private readonly Func<SolverOptions, SolverOptions> _change;

    public TestSolver()
        : this(static options => options)
    {
    }

    /// <summary>With options other than usual.</summary>
    public TestSolver(Func<SolverOptions, SolverOptions> change)
    {
        _change = change;
        Solver = Open();
    }

    public BuildSolver Solver { get; private set; }

    public TestSource Source { get; } = new();

    public string Root => Path.Combine(_directory, "root");

    public static IReadOnlyList<ExportSpec> Export { get; } = [new ExportSpec("test", new Dictionary<string, string>())];

    public TestThing Thing(string name, string content)
    {
        var thing = new TestThing { Content = System.Text.Encoding.UTF8.GetBytes(content) };
        Source.Things[name] = thing;
        return thing;
    }

    /// <summary>Closes the store and opens it again, as another process would.</summary>
    public async Task ReopenAsync()
    {
        await Solver.DisposeAsync();
        Solver = Open();
    }

    public Task<BuildResult> BuildAsync(Definition definition, RecordedProgress progress, CancellationToken cancellationToken) =>
        Solver.BuildAsync(Request(definition), progress, cancellationToken);

    public Task<BuildResult> BuildAsync(Definition definition) =>
        BuildAsync(definition, new RecordedProgress(), TestContext.Current.CancellationToken);

    public BuildRequest Request(Definition? definition) => Request(definition, SecretValues.None);

    /// <summary>A build whose client has secrets.</summary>
    public BuildRequest Request(Definition? definition, ISecretSource secrets)
    {
        int number = Interlocked.Increment(ref _builds);
        return new BuildRequest
        {
            Id = $"build-{number}",
            Session = new InProcessSession(new InProcessSessionOptions { Id = $"session-{number}", Secrets = secrets }),
            Definition = definition,
            Exports = Export,
        };
    }

    public async ValueTask DisposeAsync()
    {
        await Solver.DisposeAsync();
        Directory.Delete(_directory, recursive: true);
    }

    public Task<ResolvedImageConfig> ResolveAsync(
        ImageConfigRequest request, ISessionGroup sessions, BuildCache cache, IVertexProgress progress, CancellationToken cancellationToken) =>
        Task.FromResult(new ResolvedImageConfig(request.Reference, Digest.Sha256("image"u8), "{}"u8.ToArray()));

    /// <summary>Fetches lazy blobs; nothing unless a test says so.</summary>
    public IBlobFetcher Fetcher { get; set; } = new NoFetcher();

    public IBlobFetcher For(ISessionGroup sessions) => Fetcher;

    private BuildSolver Open() => BuildSolver.Open(
        _change(new SolverOptions { Root = Root, RunRoot = Path.Combine(_directory, "run") }),
        services => services
            .AddSingleton<ISource>(Source)
            .AddSingleton<IImageResolver>(this)
            .AddSingleton<IBlobFetchers>(this)
            .AddSingleton<IExporterKind, TestExporterKind>());

    private sealed class NoFetcher : IBlobFetcher
    {
        public Task<Stream> OpenAsync(Descriptor blob, BlobSource source, long offset, CancellationToken cancellationToken) =>
            throw new InvalidOperationException("nothing here is fetched");
    }
}
