using Cairn.Llb;
using Cairn.Llb.Graphs;
using Cairn.Protos.Pb;
using Cairn.Solver.Sources;

namespace Cairn.Solver.Ops;

/// <summary>Sources of every scheme.</summary>
internal sealed class SourceOpKind(IEnumerable<ISource> sources) : IOpKind
{
    private readonly ISource[] _sources = [.. sources];

    public Op.OpOneofCase Kind => Op.OpOneofCase.Source;

    public bool IsLimited => false;

    public IOp Create(Vertex vertex)
    {
        SourceOp op = vertex.Op.Source;
        int colon = op.Identifier.IndexOf("://", StringComparison.Ordinal);
        string scheme = colon < 0 ? string.Empty : op.Identifier[..colon];
        ISource source = Array.Find(_sources, source => source.Handles(scheme)) ?? throw new BuildException(
            ErrorKind.Input, "use source", op.Identifier, colon < 0 ? "it has no scheme" : $"there is no source for {scheme}://");
        return new SourceVertexOp(source.Open(op, vertex.Op.Platform is null ? null : vertex.Platform));
    }
}
