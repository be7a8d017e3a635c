namespace Cairn.Snapshotter.Trees;

/// <summary>Times to set, nanoseconds since 1970.</summary>
/// <param name="AccessedNanoseconds">Time of the last read.</param>
/// <param name="ModifiedNanoseconds">Time of the last change of content.</param>
public readonly record struct FileTimes(long AccessedNanoseconds, long ModifiedNanoseconds)
{
    /// <summary>Both times the same.</summary>
    public FileTimes(long nanoseconds)
        : this(nanoseconds, nanoseconds)
    {
    }
}
