using Cairn.Llb.Graphs;
using Cairn.Protos.Pb;
using Cairn.Solver.Execution;

namespace Cairn.Solver.Ops;

/// <summary>Processes in containers.</summary>
/// <param name="logLimits">How much a process may print.</param>
/// <param name="keepsFailures">What failed processes wrote is kept for a look at it.</param>
internal sealed class ExecOpKind(LogLimits logLimits, bool keepsFailures) : IOpKind
{
    public Op.OpOneofCase Kind => Op.OpOneofCase.Exec;

    public bool IsLimited => true;

    public IOp Create(Vertex vertex)
    {
        ExecValidation.Check(vertex.Op.Exec);
        return new ExecVertexOp(vertex.Op.Exec, logLimits, keepsFailures);
    }
}
