namespace Cairn.Solver.Scheduling;

/// <summary>What an imported cache has for a vertex.</summary>
internal enum ImportVerdict
{
    /// <summary>Nothing.</summary>
    Missing,

    /// <summary>Its key, but no result.</summary>
    KeyOnly,

    /// <summary>A result.</summary>
    Result,

    /// <summary>It could not be asked.</summary>
    Failed,
}
