using Cairn.Cache;
using Cairn.Cache.Refs;
using Cairn.Protos.Pb;
using Cairn.Solver.Progress;
using Cairn.Solver.Sessions;

using Vertex = Cairn.Llb.Graphs.Vertex;

namespace Cairn.Solver.Ops;

/// <summary>What the calls of one op work with.</summary>
/// <param name="Vertex">The vertex.</param>
/// <param name="Cache">The cache of the store.</param>
/// <param name="Sessions">The clients of all builds that want this done.</param>
/// <param name="Progress">Shown under the vertex.</param>
/// <param name="Refs">Fetches what is lazy, with the credentials of the sessions and progress under the vertex.</param>
/// <param name="Services">The rest of the engine.</param>
/// <param name="Nested">Solves what is found inside results.</param>
public sealed record OpContext(
    Vertex Vertex,
    BuildCache Cache,
    ISessionGroup Sessions,
    IVertexProgress Progress,
    RefContext Refs,
    SolverServices Services,
    INestedSolver Nested)
{
    /// <summary>Limits of a step, the most relaxed of all builds that want it; null if there are none.</summary>
    public LinuxResources? Limits { get; init; }

    /// <summary>Most processes that a step may have at a time; null if there is no limit.</summary>
    public long? MostProcesses { get; init; }
}
