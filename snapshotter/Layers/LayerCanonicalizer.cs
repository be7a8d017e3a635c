using Cairn.Snapshotter.Native;
using Cairn.Snapshotter.Trees;
using Microsoft.Win32.SafeHandles;

namespace Cairn.Snapshotter.Layers;

/// <summary>
/// Brings an overlay's upper directory into canonical form, so that it means the same in every stack: no opaque marks, whiteouts for exactly
/// the names that its own base has and the layer has not, and no entry that equals the base's.
/// </summary>
/// <remarks>
/// Every single edit leaves the view on the own base as it was, or is made good before the directory is left; the layer is not visible yet.
/// Directories that the base does not have are only counted.
/// </remarks>
internal sealed class LayerCanonicalizer
{
    private readonly UsageMeter _usage = new();
    private readonly CancellationToken _cancellation;

    private readonly SharedFiles _shares;

    private LayerCanonicalizer(SharedFiles shares, CancellationToken cancellation)
    {
        _shares = shares;
        _cancellation = cancellation;
    }

    /// <summary>Canonicalises and measures.</summary>
    /// <param name="upper">Root of the changes; not mounted any more.</param>
    /// <param name="below">Root of the tree that the changes were made on; null for an empty one.</param>
    /// <param name="shares">Files that are hard links to another layer's.</param>
    /// <param name="cancellationToken">Stops the work; the layer must then be thrown away.</param>
    public static LayerUsage Run(
        SafeFileHandle upper, SafeFileHandle? below, SharedFiles shares, CancellationToken cancellationToken)
    {
        var run = new LayerCanonicalizer(shares, cancellationToken);
        FileStatus root = Files.Status(upper);
        using SafeFileHandle? belowRoot = below is null ? null : Files.OpenAt(below, ".", Libc.O_RDONLY | Libc.O_DIRECTORY);
        run.Walk(upper, root, belowRoot, covered: false);
        run._usage.Add(root);
        return run._usage.Usage;
    }

    // Returns the number of names left. "covered": an opaque mark above stands for whiteouts of everything the base has here.
    private int Walk(SafeFileHandle upper, FileStatus status, SafeFileHandle? below, bool covered)
    {
        _cancellation.ThrowIfCancellationRequested();
        bool opaque = TreeAttributes.IsOpaque(upper);
        covered |= opaque;
        List<string> names = Files.Names(upper);
        int left = 0;
        bool changed = false;
        bool hasWhiteouts = false;
        foreach (string name in names)
        {
            FileStatus entry = Files.Status(upper, name);
            FileStatus? original = below is null ? null : Files.TryStatus(below, name);
            if (entry.IsWhiteout ? original is null : IsUnchanged(upper, name, entry, below, original, covered))
            {
                if (entry.IsDirectory)
                {
                    Files.RemoveDirectory(upper, name);
                }
                else
                {
                    Files.Unlink(upper, name);
                }
                changed = true;
                continue;
            }
            hasWhiteouts |= entry.IsWhiteout;
            _usage.Add(entry);
            left++;
        }
        if (covered && below is not null)
        {
            foreach (string name in Files.Names(below).Except(names, StringComparer.Ordinal))
            {
                Files.MakeWhiteout(upper, name);
                _usage.Add(Files.Status(upper, name));
                hasWhiteouts = changed = true;
                left++;
            }
        }
        if (hasWhiteouts)
        {
            MarkWhiteouts(upper);
        }
        if (opaque)
        {
            Files.RemoveAttribute(upper, ".", TreeAttributes.Opaque);
        }
        if (changed)
        {
            Files.SetTimes(upper, new FileTimes(status.AccessedNanoseconds, status.ModifiedNanoseconds));
        }
        return left;
    }

    /// <summary>
    /// In a directory that only one layer has, the kernel lists the names of whiteouts unless the directory has an origin, even an empty one.
    /// </summary>
    public static void MarkWhiteouts(SafeFileHandle directory)
    {
        if (Files.TryAttribute(directory, TreeAttributes.Origin) is null)
        {
            int errno = Files.TrySetAttribute(directory, TreeAttributes.Origin, []);
            if (errno != 0)
            {
                throw new NativeException("setxattr", TreeAttributes.Origin, errno);
            }
        }
    }

    // A directory is canonicalised on the way: whether it says anything shows only then.
    private bool IsUnchanged(
        SafeFileHandle upper, string name, FileStatus entry, SafeFileHandle? below, FileStatus? original, bool covered)
    {
        if (entry.IsDirectory)
        {
            using SafeFileHandle child = Files.OpenAt(upper, name, Libc.O_RDONLY | Libc.O_DIRECTORY | Libc.O_NOFOLLOW);
            using SafeFileHandle? childBelow = below is not null && original is { IsDirectory: true }
                ? Files.OpenAt(below, name, Libc.O_RDONLY | Libc.O_DIRECTORY | Libc.O_NOFOLLOW)
                : null;
            int left = Walk(child, entry, childBelow, covered);
            return left == 0 && below is not null && original is not null
                && TreeComparison.HasEqualMetadata(upper, name, entry, below, name, original);
        }
        // Names of one inode stay together: taking one away would tear the group apart.
        return below is not null && original is not null && (entry.LinkCount == 1 || _shares.NamesOf(entry.Inode) == 1)
            && TreeComparison.IsEqual(upper, name, entry, below, name, original, _cancellation);
    }
}
