using System.Collections.Concurrent;
using Cairn.Llb;
using Cairn.Llb.Graphs;
using Cairn.Snapshotter.Layers;
using Cairn.Snapshotter.Trees;
using Cairn.Solver.Containers;
using Cairn.Solver.Debugging;
using Cairn.Solver.Execution;
using Cairn.Solver.Keys;
using Cairn.Solver.Progress;
using Cairn.Solver.Remote;
using Cairn.Solver.Sessions;
using Cairn.Solver.Sources;
using Definition = Cairn.Protos.Pb.Definition;

namespace Cairn.Solver.Jobs;

/// <summary>One build's bridge to the solver.</summary>
internal sealed class FrontendBridge(BuildJob job, BuildEngine engine) : IFrontendBridge
{
    private readonly SessionGroup _sessions = SessionGroup.Of(job.Session);
    private readonly ConcurrentQueue<Definition> _definitions = [];

    public string SessionId => job.Session.Id;

    public IReadOnlyList<Platform> WorkerPlatforms { get; } = [Platform.Default];

    public async Task<SolvedRef?> SolveAsync(Definition definition, SolveOptions options, CancellationToken cancellationToken)
    {
        job.Import(options.CacheSources);
        Edge? edge = job.Load(definition);
        _definitions.Enqueue(definition);
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

    public void ImportCaches(IReadOnlyList<CacheSpec> caches) => job.Import([.. caches.Select(engine.Services.Caches.Import)]);

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

    public Task<BuildContainer> OpenContainerAsync(ContainerRequest request, CancellationToken cancellationToken) =>
        ContainerOpening.OpenAsync(request, job, engine, _sessions, cancellationToken);

    public FailedOp? FindFailure(BuildException error)
    {
        if (error.Vertex is not { } digest)
        {
            return null;
        }

        foreach (Definition definition in _definitions)
        {
            if (LlbGraph.Load(definition).Vertices.FirstOrDefault(vertex => vertex.Digest == digest) is { } vertex)
            {
                return Describe(vertex, definition, ProcessFailedException.Find(error)?.Kept ?? []);
            }
        }

        return null;
    }

    public void Warn(Digest vertex, BuildWarning warning) => job.Progress.Write(new WarningEvent(vertex, warning));

    private static FailedOp Describe(Vertex vertex, Definition definition, IReadOnlyList<KeptFilesystem> kept)
    {
        ResultHandle?[] inputs = [.. vertex.Inputs.Select(input => ResultHandle.Of(new SolvedRef(input, definition)))];
        var description = new Dictionary<string, string>(vertex.Metadata.Description, StringComparer.Ordinal);
        if (vertex.Op.Exec is not { } exec)
        {
            return new FailedOp(vertex.Op, description, inputs, []);
        }

        ResultHandle?[] before = [.. exec.Mounts.Select(mount => mount.Input >= 0 ? inputs[mount.Input] : null)];
        ResultHandle?[] after = [.. before];
        foreach (KeptFilesystem files in kept)
        {
            after[files.Mount] = ResultHandle.Of(files.Ref);
        }

        return new FailedOp(vertex.Op, description, before, after);
    }

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
