namespace Cairn.Solver.Keys;

/// <summary>For which records of an exported cache blobs are made.</summary>
/// <remarks>Source: control-and-status.md, section 14.</remarks>
public enum CacheExportMode
{
    /// <summary>For the exported result, or what is nearest to it and has layers.</summary>
    Min,

    /// <summary>For all of them.</summary>
    Max,
}
