using Cairn.Cache.Refs;

namespace Cairn.Solver.Ops;

/// <summary>
/// How one vertex is keyed and carried out. Made once per vertex by an <see cref="IOpKind"/>; keeps nothing between calls but what it has resolved.
/// Calls for one vertex never overlap.
/// </summary>
public interface IOp
{
    /// <summary>Making the key takes a look somewhere, which may take its time: that is shown as work on the vertex.</summary>
    bool AsksForKey => false;

    /// <summary>The key of the definition. Called with 0, and with the next index while <see cref="CacheMap.HasMore"/> was said.</summary>
    /// <remarks>Only an op without inputs has more than one. Source: llb-semantics.md, section 3.</remarks>
    Task<CacheMap> CacheMapAsync(OpContext context, int index, CancellationToken cancellationToken);

    /// <summary>Does the work.</summary>
    /// <param name="context">The vertex and what it works with.</param>
    /// <param name="inputs">One per input of the vertex, borrowed for the call; null is scratch.</param>
    /// <param name="cancellationToken">Given when nobody wants the result any more.</param>
    /// <returns>One per output of the vertex, owned by the caller; null is scratch.</returns>
    /// <exception cref="Cairn.Llb.BuildException">The work failed. The caller adds vertex and source location.</exception>
    Task<IReadOnlyList<ImmutableRef?>> ExecuteAsync(
        OpContext context, IReadOnlyList<ImmutableRef?> inputs, CancellationToken cancellationToken);

    /// <summary>What to tell, to whoever looked for a path in its result in vain.</summary>
    /// <returns>Null if there is nothing to tell.</returns>
    string? ExplainMissing(string path) => null;
}
