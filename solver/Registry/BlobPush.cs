namespace Cairn.Solver.Registry;

/// <summary>How a blob came to be in the target repository.</summary>
public enum BlobPush
{
    /// <summary>It was there.</summary>
    Present,

    /// <summary>The registry took it from another of its repositories.</summary>
    Mounted,

    /// <summary>Its bytes were sent.</summary>
    Uploaded,
}
