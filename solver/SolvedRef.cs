using Cairn.Llb.Graphs;
using Definition = Cairn.Protos.Pb.Definition;

namespace Cairn.Solver;

/// <summary>A result that a build can ask for. It is made when it is first used and stays as long as the build.</summary>
public sealed class SolvedRef
{
    internal SolvedRef(Edge edge, Definition definition)
    {
        Edge = edge;
        Definition = definition;
    }

    /// <summary>The output it stands for.</summary>
    public Edge Edge { get; }

    /// <summary>The definition that gives it, so that a frontend can build further on it.</summary>
    public Definition Definition { get; }
}
