namespace Cairn.Solver.Progress;

/// <summary>What a vertex does in an interval of work.</summary>
internal enum WorkInterval
{
    /// <summary>It is carried out.</summary>
    Running,

    /// <summary>Its result is taken from the cache.</summary>
    Cached,

    /// <summary>It finds out what it stands for. If nothing follows, it came from the cache with what is built on it.</summary>
    Resolving,
}
