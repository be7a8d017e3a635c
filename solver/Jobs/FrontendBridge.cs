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

    public Task<byte[]?> ReadFileAsync(SolvedRef solved, string path, CancellationToken cancellationToken) => job.UseAsync(
        solved.Edge,
        async delivered =>
        {
            if (delivered.Ref is null)
            {
                return null;
            }

            var channel = new VertexChannel(solved.Edge.Vertex.Digest, engine.Services.Clock);
            channel.Join(job.Progress);
            using SnapshotView view = await delivered.Ref.ViewAsync(
                new(engine.Services.Fetchers.For(_sessions), channel), cancellationToken);
            return await ReadAsync(view.Tree, path, cancellationToken);
        },
        cancellationToken);

    public Task<ResolvedImageConfig> ResolveImageConfigAsync(ImageConfigRequest request, CancellationToken cancellationToken) =>
        engine.ShowAsync(
            job,
            request.SourceIdentifier + (request.Platform ?? Platform.Default).Format(),
            request.LogName ?? $"resolve image config for {request.SourceIdentifier}",
            channel => engine.Services.Images.ResolveAsync(request, _sessions, engine.Services.Cache, channel, cancellationToken));

    public Task<CacheChain> ChainAsync(SolvedRef solved, CacheExportMode mode, CancellationToken cancellationToken) =>
        job.ChainAsync(solved.Edge, mode, cancellationToken);

    public void Warn(Digest vertex, BuildWarning warning) => job.Progress.Write(new WarningEvent(vertex, warning));

    private static async Task<byte[]?> ReadAsync(RootedTree tree, string path, CancellationToken cancellationToken)
    {
        string absolute = path.StartsWith('/') ? path : "/" + path;
        FileStatus? status = tree.Status(absolute, followLinks: true);
        if (status is null)
        {
            return null;
        }

        if (!status.IsRegular)
        {
            throw new BuildException(ErrorKind.Input, "read", path, $"{path} is not a regular file");
        }

        using Stream file = tree.OpenRead(absolute);
        using var bytes = new MemoryStream((int)Math.Min(status.Size, 1 << 20));
        await file.CopyToAsync(bytes, cancellationToken);
        return bytes.ToArray();
    }
}
