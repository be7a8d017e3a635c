using Cairn.Llb.Graphs;
using Cairn.Protos.Pb;
using Cairn.Solver.Execution;

namespace Cairn.Solver.Ops;

/// <summary>Processes in containers.</summary>
internal sealed class ExecOpKind(LogLimits logLimits) : IOpKind
{
    public Op.OpOneofCase Kind => Op.OpOneofCase.Exec;

    public bool IsLimited => true;

    public IOp Create(Vertex vertex)
    {
        ExecValidation.Check(vertex.Op.Exec);
        return new ExecVertexOp(vertex.Op.Exec, logLimits);
    }
}
