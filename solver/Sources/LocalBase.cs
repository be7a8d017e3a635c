using Cairn.Cache.Refs;

namespace Cairn.Solver.Sources;

/// <summary>The last sync of a directory, claimed as long as this object lives.</summary>
/// <param name="Ref">Owned.</param>
/// <param name="Row">What is remembered of it.</param>
/// <param name="Records">The row's manifest.</param>
/// <param name="Directory">Absolute path of its layer; read only.</param>
internal sealed record LocalBase(ImmutableRef Ref, LocalSyncRow Row, IReadOnlyList<LocalRecord> Records, string Directory) : IDisposable
{
    public void Dispose() => Ref.Dispose();
}
