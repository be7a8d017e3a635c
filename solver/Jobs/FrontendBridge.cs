using Cairn.Llb;
using Cairn.Llb.Graphs;
using Cairn.Snapshotter.Layers;
using Cairn.Snapshotter.Trees;
using Cairn.Solver.Keys;
using Cairn.Solver.Progress;
using Cairn.Solver.Sessions;
using Cairn.Solver.Sources;
using Definition = Cairn.Protos.Pb.Definition;

namespace Cairn.Solver.Jobs;

/// <summary>One build's bridge to the solver.</summary>
internal sealed class FrontendBridge(BuildJob job, BuildEngine engine) : IFrontendBridge
{
    private readonly SessionGroup _sessions = SessionGroup.Of(job.Session);

    public string SessionId => job.Session.Id;

    public IReadOnlyList<Platform> WorkerPlatforms { get; } = [Platform.Default];

    public async Task<SolvedRef?> SolveAsync(Definition definition, SolveOptions options, CancellationToken cancellationToken)
    {
        job.Import(options.CacheSources);
        Edge? edge = job.Load(definition);
        if (edge is null)
        {
            return null;
        }

        var solved = new SolvedRef(edge.Value, definition);
        if (options.Evaluate)
        {
            await EvaluateAsync(solved, cancellationToken);
        }

        return solved;
    }

    public async Task EvaluateAsync(SolvedRef solved, CancellationToken cancellationToken)
    {
        using Delivered delivered = await job.WantAsync(solved.Edge, cancellationToken);
    }

    public Task<byte[]?> ReadFileAsync(SolvedRef solved, string path, ByteRange range, CancellationToken cancellationToken) =>
        ReadAsync(solved, tree => TreeReading.FileAsync(tree, path, range, cancellationToken), cancellationToken);

    public Task<IReadOnlyList<ResultEntry>?> ReadDirectoryAsync(SolvedRef solved, string path, CancellationToken cancellationToken) =>
        ReadAsync(solved, tree => Task.Run(() => TreeReading.Directory(tree, path), cancellationToken), cancellationToken);

    public Task<ResultEntry?> StatAsync(SolvedRef solved, string path, CancellationToken cancellationToken) =>
        ReadAsync(solved, tree => Task.FromResult(TreeReading.Status(tree, path)), cancellationToken);

    public Task<ResolvedImageConfig> ResolveImageConfigAsync(ImageConfigRequest request, CancellationToken cancellationToken) =>
        engine.ShowAsync(
            job,
            request.SourceIdentifier + (request.Platform ?? Platform.Default).Format(),
            request.LogName ?? $"resolve image config for {request.SourceIdentifier}",
            channel => engine.Services.Images.ResolveAsync(request, _sessions, engine.Services.Cache, channel, cancellationToken));

    public Task<CacheChain> ChainAsync(SolvedRef solved, CacheExportMode mode, CancellationToken cancellationToken) =>
        job.ChainAsync(solved.Edge, mode, cancellationToken);

    public void Warn(Digest vertex, BuildWarning warning) => job.Progress.Write(new WarningEvent(vertex, warning));

    private Task<T?> ReadAsync<T>(SolvedRef solved, Func<RootedTree, Task<T?>> read, CancellationToken cancellationToken)
        where T : class => job.UseAsync(
        solved.Edge,
        async delivered =>
        {
            var channel = new VertexChannel(solved.Edge.Vertex.Digest, engine.Services.Clock);
            channel.Join(job.Progress);
            using SnapshotView view = delivered.Ref is null
                ? engine.Services.Snapshotter.View([])
                : await delivered.Ref.ViewAsync(new(engine.Services.Fetchers.For(_sessions), channel), cancellationToken);
            return await read(view.Tree);
        },
        cancellationToken);
}
