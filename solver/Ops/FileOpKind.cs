using Cairn.Llb.Graphs;
using Cairn.Protos.Pb;

namespace Cairn.Solver.Ops;

/// <summary>File operations without a process.</summary>
internal sealed class FileOpKind : IOpKind
{
    public Op.OpOneofCase Kind => Op.OpOneofCase.File;

    public bool IsLimited => true;

    public IOp Create(Vertex vertex) => new FileVertexOp(new FilePlan(vertex.Op.File, vertex.Inputs.Count));
}
