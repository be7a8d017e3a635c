namespace Cairn.Cache.Verification;

/// <summary>What is wrong with something in a store.</summary>
public enum FindingKind
{
    /// <summary>A blob's bytes are not those of its digest.</summary>
    DamagedBlob,

    /// <summary>A blob's file is gone.</summary>
    MissingBlob,

    /// <summary>A layer's directory is not what its row vouches for.</summary>
    DamagedLayer,

    /// <summary>The record of what a layer should hold is damaged; the directory itself may be good.</summary>
    DamagedManifest,

    /// <summary>A layer's directory is gone.</summary>
    MissingLayer,

    /// <summary>Another directory that a row names is gone.</summary>
    MissingDirectory,

    /// <summary>A flattened run of layers, or a layer's twin, is not what the layers give. It is made again when it is needed.</summary>
    DamagedCopy,

    /// <summary>A row refers to one that is not there.</summary>
    BrokenRow,

    /// <summary>The database's own structure is damaged.</summary>
    DamagedIndex,

    /// <summary>A file or directory that no row names. What a killed process leaves is cleared at the next opening, so the row was lost.</summary>
    Nameless,

    /// <summary>A claim of a process that has ended. Harmless.</summary>
    StaleClaim,
}
