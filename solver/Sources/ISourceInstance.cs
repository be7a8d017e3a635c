using Cairn.Cache.Refs;
using Cairn.Solver.Ops;

namespace Cairn.Solver.Sources;

/// <summary>One source of one vertex. May remember what it resolved.</summary>
public interface ISourceInstance
{
    /// <summary>Making the key takes a look somewhere; false if it is told by the definition alone.</summary>
    bool AsksForKey => true;

    /// <summary>The key of the source as it is now; index 1 and up only after <see cref="SourceKey.HasMore"/> was said.</summary>
    /// <exception cref="Cairn.Llb.BuildException">The source cannot be resolved.</exception>
    Task<SourceKey> KeyAsync(OpContext context, int index, CancellationToken cancellationToken);

    /// <summary>The source as a snapshot, owned by the caller, as lazy as can be; null is scratch.</summary>
    /// <remarks>May come without a call of <see cref="KeyAsync"/> before it.</remarks>
    Task<ImmutableRef?> SnapshotAsync(OpContext context, CancellationToken cancellationToken);

    /// <summary>What to tell, to whoever looked for a path in it in vain.</summary>
    /// <returns>Null if there is nothing to tell.</returns>
    string? ExplainMissing(string path) => null;
}
