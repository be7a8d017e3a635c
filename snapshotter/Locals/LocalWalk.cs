using Cairn.Snapshotter.Trees;

namespace Cairn.Snapshotter.Locals;

/// <summary>Walks a client's directory as a reference client would send it.</summary>
/// <remarks>Source: session.md, sections 8.3 and 9.</remarks>
public static class LocalWalk
{
    /// <summary>The entries that pass the filter, parents before their children, names in byte order. The root itself is not among them.</summary>
    /// <param name="tree">The directory.</param>
    /// <param name="filter">Which part of it.</param>
    /// <param name="keepOwners">Whether files keep their owners; else all become 0:0, so that a build does not depend on who runs it.</param>
    /// <param name="cancellationToken">Ends the walk.</param>
    /// <exception cref="Cairn.Snapshotter.Native.NativeException">The directory cannot be read.</exception>
    public static IEnumerable<LocalEntry> Entries(RootedTree tree, LocalFilter filter, bool keepOwners, CancellationToken cancellationToken)
    {
        var matcher = new LocalFilterMatcher(filter, tree);
        var links = new Dictionary<(ulong Device, ulong Inode), string>();
        using var walk = new TreeWalk(tree, TreePath.Root);
        walk.MoveNext();   // the root itself is not sent
        while (walk.MoveNext())
        {
            cancellationToken.ThrowIfCancellationRequested();
            string path = walk.Current.Path[1..];
            FilterVerdict verdict = matcher.Judge(path, walk.Current.Status.IsDirectory);
            LocalEntry? entry = verdict.Descend || verdict.IsSent ? Entry(walk, path, keepOwners) : null;
            if (!verdict.Descend && walk.Current.Status.IsDirectory)
            {
                walk.SkipContents();
            }

            if (walk.Current.Status.IsDirectory && entry is not null)
            {
                matcher.Enter(entry, verdict);
            }

            if (verdict.IsSent)
            {
                foreach (LocalEntry parent in matcher.TakePending(verdict.Depth))
                {
                    yield return parent;
                }

                if (!walk.Current.Status.IsDirectory)
                {
                    yield return Linked(entry!, links);
                }
            }
        }
    }

    private static LocalEntry Entry(TreeWalk walk, string path, bool keepOwners)
    {
        FileStatus status = keepOwners ? walk.Current.Status : walk.Current.Status with { Uid = 0, Gid = 0 };
        if (status.Kind == FileKind.Socket)
        {
            status = status with { Kind = FileKind.Regular, Size = 0 };   // clients send a socket as an empty file
        }

        return new LocalEntry(path, status, status.IsSymlink ? walk.ReadCurrentLink() : null, walk.ReadCurrentAttributes());
    }

    /// <summary>A later name of an inode becomes a link to the first name that was sent.</summary>
    private static LocalEntry Linked(LocalEntry entry, Dictionary<(ulong Device, ulong Inode), string> links)
    {
        if (entry.Status is not { IsRegular: true, LinkCount: > 1 })
        {
            return entry;
        }

        return links.TryAdd((entry.Status.Device, entry.Status.Inode), entry.Path)
            ? entry
            : entry with { LinkTarget = links[(entry.Status.Device, entry.Status.Inode)] };
    }
}
