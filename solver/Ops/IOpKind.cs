using Cairn.Llb.Graphs;
using Cairn.Protos.Pb;

namespace Cairn.Solver.Ops;

/// <summary>Makes the ops of one kind; registered with the services of the solver.</summary>
public interface IOpKind
{
    /// <summary>Which ops.</summary>
    Op.OpOneofCase Kind { get; }

    /// <summary>The op of a vertex of this kind. Does no I/O.</summary>
    /// <exception cref="Cairn.Llb.BuildException">Input: the op can never work.</exception>
    IOp Create(Vertex vertex);
}
