using Cairn.Cache.Refs;
using Cairn.Llb.Graphs;
using Cairn.Protos.Pb;

namespace Cairn.Solver.Ops;

/// <summary>Lays trees on top of each other, lazily.</summary>
/// <remarks>Source: llb-semantics.md, section 9.</remarks>
internal sealed class MergeOpKind : IOpKind, IOp
{
    public Op.OpOneofCase Kind => Op.OpOneofCase.Merge;

    public bool IsLimited => false;

    public IOp Create(Vertex vertex) => this;

    public Task<CacheMap> CacheMapAsync(OpContext context, int index, CancellationToken cancellationToken) =>
        Task.FromResult(DefinitionKey.Of(context.Vertex));

    public Task<IReadOnlyList<ImmutableRef?>> ExecuteAsync(
        OpContext context, IReadOnlyList<ImmutableRef?> inputs, CancellationToken cancellationToken)
    {
        var layers = new List<ImmutableRef?>();
        foreach (MergeInput input in context.Vertex.Op.Merge.Inputs)
        {
            if (input.Input >= 0)
            {
                layers.Add(inputs[(int)input.Input]);
            }
        }

        return Task.FromResult<IReadOnlyList<ImmutableRef?>>([context.Cache.Refs.Merge(layers)]);
    }
}
