using Cairn.Llb.Graphs;
using Cairn.Protos.Pb;

namespace Cairn.Solver.Ops;

/// <summary>Makes the ops of one kind; registered with the services of the solver.</summary>
public interface IOpKind
{
    /// <summary>Which ops.</summary>
    Op.OpOneofCase Kind { get; }

    /// <summary>Whether carrying them out counts against the limit of parallel executions (processes, file operations).</summary>
    bool IsLimited { get; }

    /// <summary>The op of a vertex of this kind. Does no I/O.</summary>
    /// <exception cref="Cairn.Llb.BuildException">Input: the op can never work.</exception>
    IOp Create(Vertex vertex);
}
