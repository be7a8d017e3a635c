using Cairn.Snapshotter.Layers;
using Cairn.Snapshotter.Native;
using Cairn.Snapshotter.Trees;
using Microsoft.Win32.SafeHandles;

namespace Cairn.Snapshotter.Merging;

/// <summary>Compares a directory with the layers that it stands for, entry by entry, without a mount.</summary>
internal sealed class FlattenedCheck
{
    private readonly List<string> _differences = [];
    private readonly CancellationToken _cancellation;

    private FlattenedCheck(CancellationToken cancellation) => _cancellation = cancellation;

    /// <summary>What differs, a line for each path; empty if nothing does.</summary>
    /// <param name="layers">Change directories, topmost first, at least one.</param>
    /// <param name="directory">What stands for them.</param>
    /// <param name="isBottom">Nothing lies below it, so that it has no deletions; else it has those of the layers.</param>
    /// <param name="cancellationToken">Stops the reading.</param>
    public static IReadOnlyList<string> Differences(
        IReadOnlyList<string> layers, string directory, bool isBottom, CancellationToken cancellationToken)
    {
        var check = new FlattenedCheck(cancellationToken);
        using MergedDirectory<LayerDirectory> expected = Flattening.Open(layers, isBottom);
        using SafeFileHandle found = Files.OpenDirectory(directory);
        check.Compare(expected, found, "", isBottom);
        return check._differences;
    }

    private void Compare(MergedDirectory<LayerDirectory> expected, SafeFileHandle found, string path, bool isParentClosed)
    {
        _cancellation.ThrowIfCancellationRequested();
        SafeFileHandle top = (path.Length == 0 ? LayerRoot.Of(expected) : expected.Top).Handle;
        if (!TreeComparison.HasEqualMetadata(top, ".", Files.Status(top), found, ".", Files.Status(found)))
        {
            Tell(path, "its owner, mode, time or attributes differ");
        }
        if (TreeAttributes.IsOpaque(found) != (expected.IsClosed && !isParentClosed))
        {
            Tell(path, "its opaque mark differs");
        }
        HashSet<string> names = [.. Files.Names(found)];   // after the marks: it moves the descriptor
        foreach (MergedEntry<LayerDirectory> entry in expected.Entries())
        {
            string child = path + "/" + entry.Name;
            if (!names.Remove(entry.Name))
            {
                Tell(child, "it is missing");
                continue;
            }
            FileStatus status = Files.Status(found, entry.Name);
            if (entry.IsWhiteout || entry.Kind != FileKind.Directory)
            {
                if (entry.IsWhiteout != status.IsWhiteout || (!entry.IsWhiteout && !IsEqual(entry, found, status)))
                {
                    Tell(child, "it differs");
                }
            }
            else if (!status.IsDirectory)
            {
                Tell(child, "it is no directory");
            }
            else
            {
                using MergedDirectory<LayerDirectory> source = expected.Enter(entry);
                using SafeFileHandle directory = Files.OpenAt(found, entry.Name, Libc.O_RDONLY | Libc.O_DIRECTORY | Libc.O_NOFOLLOW);
                Compare(source, directory, child, expected.IsClosed);
            }
        }
        foreach (string extra in names.Order(StringComparer.Ordinal))
        {
            Tell(path + "/" + extra, "no layer has it");
        }
    }

    // A file that is the layer's own, by a link, has been looked at there.
    private bool IsEqual(MergedEntry<LayerDirectory> entry, SafeFileHandle found, FileStatus status)
    {
        FileStatus original = Files.Status(entry.Directory.Handle, entry.Name);
        return status.Identity == original.Identity
            || TreeComparison.IsEqual(entry.Directory.Handle, entry.Name, original, found, entry.Name, status, _cancellation);
    }

    private void Tell(string path, string what) => _differences.Add($"{(path.Length == 0 ? "/" : path)}: {what}");
}
