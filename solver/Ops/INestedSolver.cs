using Cairn.Cache.Refs;
using Cairn.Protos.Pb;

namespace Cairn.Solver.Ops;

/// <summary>Solves a definition that was found inside a result, for the builds that the asking vertex belongs to.</summary>
public interface INestedSolver
{
    /// <summary>The result, owned by the caller; null is scratch.</summary>
    Task<ImmutableRef?> SolveAsync(OpContext context, Definition definition, CancellationToken cancellationToken);
}
