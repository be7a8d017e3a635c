using Cairn.Cache.Refs;
using Cairn.Llb.Graphs;
using Cairn.Protos.Pb;

namespace Cairn.Solver.Ops;

/// <summary>Takes what one tree has over another.</summary>
/// <remarks>Source: llb-semantics.md, section 10.</remarks>
internal sealed class DiffOpKind : IOpKind, IOp
{
    public Op.OpOneofCase Kind => Op.OpOneofCase.Diff;

    public bool IsLimited => false;

    public IOp Create(Vertex vertex) => this;

    public Task<CacheMap> CacheMapAsync(OpContext context, int index, CancellationToken cancellationToken) =>
        Task.FromResult(DefinitionKey.Of(context.Vertex));

    public async Task<IReadOnlyList<ImmutableRef?>> ExecuteAsync(
        OpContext context, IReadOnlyList<ImmutableRef?> inputs, CancellationToken cancellationToken)
    {
        DiffOp op = context.Vertex.Op.Diff;
        ImmutableRef? lower = op.Lower.Input >= 0 ? inputs[(int)op.Lower.Input] : null;
        ImmutableRef? upper = op.Upper.Input >= 0 ? inputs[(int)op.Upper.Input] : null;
        return [await context.Cache.Refs.DiffAsync(lower, upper, context.Refs, cancellationToken)];
    }
}
