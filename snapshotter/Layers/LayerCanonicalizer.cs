using Cairn.Snapshotter.Manifests;
using Cairn.Snapshotter.Native;
using Cairn.Snapshotter.Store;
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
    private readonly ManifestBuilder _manifest = new();
    private readonly CancellationToken _cancellation;

    private readonly SharedFiles _shares;

    private LayerCanonicalizer(SharedFiles shares, CancellationToken cancellation)
    {
        _shares = shares;
        _cancellation = cancellation;
    }

    /// <summary>Canonicalises, measures and lists what is left.</summary>
    /// <param name="upper">Root of the changes; not mounted any more.</param>
    /// <param name="below">Root of the tree that the changes were made on; null for an empty one.</param>
    /// <param name="shares">Files that are hard links to another layer's.</param>
    /// <param name="cancellationToken">Stops the work; the layer must then be thrown away.</param>
    public static LayerSurvey Run(
        SafeFileHandle upper, SafeFileHandle? below, SharedFiles shares, CancellationToken cancellationToken)
    {
        var run = new LayerCanonicalizer(shares, cancellationToken);
        FileStatus root = Files.Status(upper);
        using SafeFileHandle? belowRoot = below is null ? null : Files.OpenAt(below, ".", Libc.O_RDONLY | Libc.O_DIRECTORY);
        return run._manifest.Finish(upper, run.Walk(upper, root, belowRoot, covered: false));
    }

    // Returns what is left. "covered": an opaque mark above stands for whiteouts of everything the base has here.
    private List<ChangeEntry> Walk(SafeFileHandle upper, FileStatus status, SafeFileHandle? below, bool covered)
    {
        _cancellation.ThrowIfCancellationRequested();
        bool opaque = TreeAttributes.IsOpaque(upper);
        covered |= opaque;
        List<string> names = Files.Names(upper);
        List<ChangeEntry> left = [];
        bool changed = false;
        bool hasWhiteouts = false;
        try
        {
            foreach (string name in names)
            {
                FileStatus entry = Files.Status(upper, name);
                FileStatus? original = below is null ? null : Files.TryStatus(below, name);
                List<ChangeEntry>? children = null;
                bool isUnchanged = entry.IsWhiteout ? original is null
                    : entry.IsDirectory ? IsUnchangedDirectory(upper, name, entry, below, original, covered, out children)
                    : IsUnchangedFile(upper, name, entry, below, original);
                if (isUnchanged)
                {
                    Edit(ref changed);
                    if (entry.IsDirectory)
                    {
                        Files.RemoveDirectory(upper, name);
                    }
                    else
                    {
                        Files.Unlink(upper, name);
                    }
                    continue;
                }
                hasWhiteouts |= entry.IsWhiteout;
                left.Add(_manifest.Add(upper, name, entry, isOpaque: false, children));
            }
            if (covered && below is not null)
            {
                foreach (string name in Files.Names(below).Except(names, StringComparer.Ordinal))
                {
                    Edit(ref changed);
                    Files.MakeWhiteout(upper, name);
                    left.Add(_manifest.Add(upper, name, Files.Status(upper, name), isOpaque: false, null));
                    hasWhiteouts = true;
                }
            }
            if (hasWhiteouts)
            {
                Failpoints.Hit("canonical.mark");
                MarkWhiteouts(upper);
            }
            if (opaque)
            {
                Failpoints.Hit("canonical.opaque");
                Files.RemoveAttribute(upper, ".", TreeAttributes.Opaque);
            }
        }
        finally
        {
            // Also after a failure: then the next attempt begins with what this one had.
            if (changed)
            {
                Files.SetTimes(upper, new FileTimes(status.AccessedNanoseconds, status.ModifiedNanoseconds));
            }
        }
        return left;
    }

    // An entry is about to be made or removed, which changes the directory's time.
    private static void Edit(ref bool changed)
    {
        Failpoints.Hit("canonical.edit");
        changed = true;
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
    private bool IsUnchangedDirectory(
        SafeFileHandle upper, string name, FileStatus entry, SafeFileHandle? below, FileStatus? original, bool covered,
        out List<ChangeEntry> children)
    {
        using SafeFileHandle child = Files.OpenAt(upper, name, Libc.O_RDONLY | Libc.O_DIRECTORY | Libc.O_NOFOLLOW);
        using SafeFileHandle? childBelow = below is not null && original is { IsDirectory: true }
            ? Files.OpenAt(below, name, Libc.O_RDONLY | Libc.O_DIRECTORY | Libc.O_NOFOLLOW)
            : null;
        children = Walk(child, entry, childBelow, covered);
        return children.Count == 0 && below is not null && original is not null
            && TreeComparison.HasEqualMetadata(upper, name, entry, below, name, original);
    }

    // Names of one inode stay together: taking one away would tear the group apart.
    private bool IsUnchangedFile(SafeFileHandle upper, string name, FileStatus entry, SafeFileHandle? below, FileStatus? original) =>
        below is not null && original is not null && (entry.LinkCount == 1 || _shares.NamesOf(entry.Inode) == 1)
            && TreeComparison.IsEqual(upper, name, entry, below, name, original, _cancellation);
}
