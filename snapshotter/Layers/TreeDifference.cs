using Cairn.Snapshotter.Native;
using Cairn.Snapshotter.Store;
using Cairn.Snapshotter.Trees;
using Microsoft.Win32.SafeHandles;

namespace Cairn.Snapshotter.Layers;

/// <summary>Compares two trees and writes a layer that turns the first into the second.</summary>
internal sealed class TreeDifference
{
    private readonly CancellationToken _cancellation;
    private readonly string _changes;
    private readonly LayerFiles _origin;
    private readonly Dictionary<(ulong, ulong), string> _linked = [];   // identity of an added file -> host path of its first name

    private TreeDifference(string changes, LayerFiles origin, CancellationToken cancellationToken)
    {
        _changes = changes;
        _origin = origin;
        _cancellation = cancellationToken;
    }

    /// <summary>Computes the layer.</summary>
    /// <param name="store">Takes the layer.</param>
    /// <param name="before">What the layer is to lie on.</param>
    /// <param name="after">What shall be seen then.</param>
    /// <param name="layers">Change directories of <paramref name="after"/>, bottom first: their files are linked instead of copied.</param>
    /// <param name="cancellationToken">Stops the work.</param>
    public static StagedLayer Compute(
        StoreRoot store, RootedTree before, RootedTree after, IReadOnlyList<string> layers, CancellationToken cancellationToken)
    {
        StagingDirectory staging = StagedLayer.Create(store, "diff");
        try
        {
            string changes = StagedLayer.ChangesIn(staging.Path);
            using var origin = new LayerFiles(layers);
            using SafeFileHandle target = Files.OpenDirectory(changes);
            using SafeFileHandle beforeRoot = before.OpenDirectory("/");
            using SafeFileHandle afterRoot = after.OpenDirectory("/");
            RootedTree.Apply(target, FileChange.AllOf(Files.Status(afterRoot)));
            new TreeDifference(changes, origin, cancellationToken).Compare(beforeRoot, afterRoot, "", () => target);
            FileStatus status = Files.Status(afterRoot);
            Files.SetTimes(target, new FileTimes(status.AccessedNanoseconds, status.ModifiedNanoseconds));
            return new StagedLayer(store, staging, null);
        }
        catch
        {
            staging.Dispose();
            throw;
        }
    }

    // "target" makes the directory that takes the changes, with its parents, when there is the first.
    private void Compare(SafeFileHandle before, SafeFileHandle after, string path, Func<SafeFileHandle> target)
    {
        _cancellation.ThrowIfCancellationRequested();
        List<string> oldNames = Files.Names(before);
        List<string> newNames = Files.Names(after);
        foreach (string gone in oldNames.Except(newNames, StringComparer.Ordinal))
        {
            Files.MakeWhiteout(target(), gone);
            LayerCanonicalizer.MarkWhiteouts(target());
        }
        foreach (string name in newNames)
        {
            FileStatus status = Files.Status(after, name);
            FileStatus? old = Files.TryStatus(before, name);
            if (status.IsDirectory && old is { IsDirectory: true })
            {
                CompareDirectory(before, old, after, status, name, path, target);
            }
            else if (old is null || !IsSame(before, old, after, status, name))
            {
                Add(after, name, status, target(), path);
            }
        }
    }

    private void CompareDirectory(
        SafeFileHandle before, FileStatus old, SafeFileHandle after, FileStatus status, string name, string path, Func<SafeFileHandle> target)
    {
        using SafeFileHandle oldChild = Files.OpenAt(before, name, Libc.O_RDONLY | Libc.O_DIRECTORY | Libc.O_NOFOLLOW);
        using SafeFileHandle newChild = Files.OpenAt(after, name, Libc.O_RDONLY | Libc.O_DIRECTORY | Libc.O_NOFOLLOW);
        SafeFileHandle? made = null;
        try
        {
            SafeFileHandle Make()
            {
                if (made is null)
                {
                    SafeFileHandle parent = target();
                    Files.MakeDirectory(parent, name, 0x1c0);
                    made = Files.OpenAt(parent, name, Libc.O_RDONLY | Libc.O_DIRECTORY | Libc.O_NOFOLLOW);
                }
                return made;
            }
            if (!TreeComparison.HasEqualMetadata(before, name, old, after, name, status))
            {
                Make();
            }
            Compare(oldChild, newChild, path + "/" + name, Make);
            if (made is not null)
            {
                FileCopy.CopyAttributes(newChild, made);
                RootedTree.Apply(made, FileChange.AllOf(status));
            }
        }
        finally
        {
            made?.Dispose();
        }
    }

    private bool IsSame(SafeFileHandle before, FileStatus old, SafeFileHandle after, FileStatus status, string name) =>
        TreeComparison.IsEqual(before, name, old, after, name, status, _cancellation);

    private void Add(SafeFileHandle after, string name, FileStatus status, SafeFileHandle target, string path)
    {
        string entryPath = path + "/" + name;
        if (status.IsDirectory)
        {
            Files.MakeDirectory(target, name, 0x1c0);
            using SafeFileHandle source = Files.OpenAt(after, name, Libc.O_RDONLY | Libc.O_DIRECTORY | Libc.O_NOFOLLOW);
            using SafeFileHandle made = Files.OpenAt(target, name, Libc.O_RDONLY | Libc.O_DIRECTORY | Libc.O_NOFOLLOW);
            foreach (string child in Files.Names(source))
            {
                Add(source, child, Files.Status(source, child), made, entryPath);
            }
            FileCopy.CopyAttributes(source, made);
            RootedTree.Apply(made, FileChange.AllOf(status));
            return;
        }
        if (status.IsRegular && _origin.TryLink(entryPath, status.Inode, target, name))
        {
            return;
        }
        if (status.LinkCount > 1 && !_linked.TryAdd(status.Identity, _changes + entryPath)
            && Files.TryLink(Files.Anywhere, _linked[status.Identity], target, name) == 0)
        {
            return;
        }
        switch (status.Kind)
        {
            case FileKind.Regular:
                FileCopy.Copy(after, name, status, target, name);
                return;
            case FileKind.Symlink:
                Files.MakeSymlink(target, name, Files.ReadLink(after, name));
                break;
            default:
                Files.MakeNode(target, name, status.Kind, status.Mode, status.DeviceMajor, status.DeviceMinor);
                break;
        }
        FileChange metadata = FileChange.AllOf(status);
        RootedTree.Apply(target, name, status.Kind, metadata with { Times = null });
        FileCopy.CopyAttributes(after, name, target, name);
        RootedTree.Apply(target, name, status.Kind, new FileChange { Times = metadata.Times });
    }
}
