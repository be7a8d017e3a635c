namespace Cairn.Solver.Scheduling;

/// <summary>Why an op was carried out although there is a cache. The most telling one, if several hold.</summary>
internal enum MissReason
{
    /// <summary>It was not carried out, or not yet.</summary>
    None,

    /// <summary>The build said that the cache is not to be used for the vertex.</summary>
    IgnoresCache,

    /// <summary>There was a result, made or found in this engine, whose bytes turned out to be gone.</summary>
    ResultLost,

    /// <summary>Stored results were found, but none of them could be loaded.</summary>
    LoadFailed,

    /// <summary>The cache could not be asked.</summary>
    LookupFailed,

    /// <summary>The op's own key counts for one session only, so that nothing is ever stored under it.</summary>
    VolatileKey,

    /// <summary>An input has no key that may be stored.</summary>
    InputWithoutKey,

    /// <summary>No result is stored under these keys.</summary>
    NoRecord,
}
