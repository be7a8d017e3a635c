namespace Cairn.Snapshotter.Trees;

/// <summary>Metadata of what is copied.</summary>
internal sealed class CopyMetadata(TreeCopyOptions options)
{
    private readonly ModeChange? _mode = options.ModeText is { Length: > 0 } text ? ModeChange.Parse(text) : null;

    /// <summary>Metadata of the copy of an entry.</summary>
    public FileChange Of(FileStatus status) => new()
    {
        Owner = options.Owner ?? new FileOwner(status.Uid, status.Gid),
        Mode = _mode?.Apply(status.Mode, status.IsDirectory) ?? options.Mode ?? status.Mode,
        Times = options.Timestamp is { } timestamp
            ? new FileTimes(timestamp)
            : new FileTimes(status.AccessedNanoseconds, status.ModifiedNanoseconds),
    };

    /// <summary>The copy of the entry has the entry's own metadata, so it may be the same inode.</summary>
    public bool Keeps(FileStatus status)
    {
        FileChange change = Of(status);
        return change.Owner == new FileOwner(status.Uid, status.Gid) && change.Mode == status.Mode && options.Timestamp is null;
    }
}
