using Cairn.Cache.Refs;

namespace Cairn.Solver.Ops;

/// <summary>Carries out the actions of a file op.</summary>
/// <remarks>Source: llb-semantics.md, section 8.</remarks>
internal sealed class FileVertexOp(FilePlan plan) : IOp
{
    public Task<CacheMap> CacheMapAsync(OpContext context, int index, CancellationToken cancellationToken) =>
        Task.FromResult(FileCacheMap.Of(context.Vertex));

    public async Task<IReadOnlyList<ImmutableRef?>> ExecuteAsync(
        OpContext context, IReadOnlyList<ImmutableRef?> inputs, CancellationToken cancellationToken)
    {
        using var run = new FileRun(context, plan, inputs);
        return await Task.Run(() => run.RunAsync(cancellationToken), cancellationToken);   // files are written by blocking calls
    }
}
