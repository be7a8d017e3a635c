using Cairn.Cache.Refs;
using Cairn.Snapshotter.Layers;

namespace Cairn.Solver.Sources;

/// <summary>The last sync of a directory, claimed as long as this object lives.</summary>
/// <param name="Ref">Owned.</param>
/// <param name="Row">What is remembered of it.</param>
/// <param name="Records">The row's manifest.</param>
/// <param name="Layer">Keeps its layer while it is read; owned.</param>
internal sealed record LocalBase(ImmutableRef Ref, LocalSyncRow Row, IReadOnlyList<LocalRecord> Records, UsedLayers Layer) : IDisposable
{
    /// <summary>Absolute path of its layer; read only.</summary>
    public string Directory => Layer.Directories[0];

    public void Dispose()
    {
        Layer.Dispose();
        Ref.Dispose();
    }
}
