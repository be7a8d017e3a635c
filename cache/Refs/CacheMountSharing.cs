namespace Cairn.Cache.Refs;

/// <summary>How steps that run at the same time use one cache mount.</summary>
public enum CacheMountSharing
{
    /// <summary>All use one directory at once.</summary>
    Shared,

    /// <summary>A step that finds all directories in use gets a new one.</summary>
    Private,

    /// <summary>A step waits until the directory is free.</summary>
    Locked,
}
