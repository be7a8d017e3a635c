namespace Cairn.Snapshotter.Trees;

/// <summary>Metadata to give a file; what is null stays as it is.</summary>
public sealed record FileChange
{
    /// <summary>New owner and group.</summary>
    public FileOwner? Owner { get; init; }

    /// <summary>New permission bits with setuid, setgid and sticky; ignored for symbolic links, which have none.</summary>
    public uint? Mode { get; init; }

    /// <summary>New times.</summary>
    public FileTimes? Times { get; init; }

    /// <summary>Everything as a file has it.</summary>
    public static FileChange AllOf(FileStatus status)
    {
        ArgumentNullException.ThrowIfNull(status);
        return new FileChange
        {
            Owner = new FileOwner(status.Uid, status.Gid),
            Mode = status.Mode,
            Times = new FileTimes(status.AccessedNanoseconds, status.ModifiedNanoseconds),
        };
    }
}
