using Cairn.Cache.Refs;
using Cairn.Llb.Graphs;
using Cairn.Protos.Pb;

namespace Cairn.Solver.Ops;

/// <summary>Hands inputs on as outputs.</summary>
/// <remarks>Source: llb-semantics.md, section 12.</remarks>
internal sealed class PassthroughOpKind : IOpKind, IOp
{
    public Op.OpOneofCase Kind => Op.OpOneofCase.Passthrough;

    public bool IsLimited => false;

    public IOp Create(Vertex vertex) => this;

    public Task<CacheMap> CacheMapAsync(OpContext context, int index, CancellationToken cancellationToken) =>
        Task.FromResult(DefinitionKey.Of(context.Vertex));

    public Task<IReadOnlyList<ImmutableRef?>> ExecuteAsync(
        OpContext context, IReadOnlyList<ImmutableRef?> inputs, CancellationToken cancellationToken)
    {
        var outputs = new List<ImmutableRef?>();
        foreach (long input in context.Vertex.Op.Passthrough.Outputs)
        {
            outputs.Add(inputs[(int)input]?.Clone());
        }

        return Task.FromResult<IReadOnlyList<ImmutableRef?>>(outputs);
    }
}
