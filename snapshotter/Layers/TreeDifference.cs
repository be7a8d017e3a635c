using Cairn.Snapshotter.Manifests;
using Cairn.Snapshotter.Native;
using Cairn.Snapshotter.Store;
using Cairn.Snapshotter.Trees;
using Microsoft.Win32.SafeHandles;

namespace Cairn.Snapshotter.Layers;

/// <summary>Writes a layer that turns the tree of one stack of layers into that of another. Only what changed is touched.</summary>
internal sealed class TreeDifference
{
    private readonly string _changes;
    private readonly Dictionary<(ManifestLayer, int), string> _copied = [];   // group of names -> host path of the copy of its file
    private readonly CancellationToken _cancellation;

    private TreeDifference(string changes, CancellationToken cancellationToken)
    {
        _changes = changes;
        _cancellation = cancellationToken;
    }

    /// <summary>Computes the layer.</summary>
    /// <param name="store">Takes the layer.</param>
    /// <param name="before">What the layer is to lie on, bottom first; disposed here.</param>
    /// <param name="after">What shall be seen then, bottom first; disposed here. Its files are linked, or copied where that is refused.</param>
    /// <param name="beforeRoot">Directory whose root counts in the first; null for the usual root.</param>
    /// <param name="afterRoot">Directory whose root counts in the second; null for the usual root.</param>
    /// <param name="cancellationToken">Stops the work.</param>
    public static StagedLayer Compute(
        StoreRoot store, IReadOnlyList<ManifestLayer> before, IReadOnlyList<ManifestLayer> after, string? beforeRoot, string? afterRoot,
        CancellationToken cancellationToken)
    {
        StagingDirectory? staging = null;
        try
        {
            PlannedChange root = DifferencePlan.Make(before, after, cancellationToken);
            staging = StagedLayer.Create(store, "diff");
            string changes = StagedLayer.ChangesIn(staging.Path);
            using (SafeFileHandle target = Files.OpenDirectory(changes))
            {
                new TreeDifference(changes, cancellationToken).Write(root, target, "");
                RootedTree.Apply(target, MetadataOf(root.Entry!) with { Owner = FileOwner.Root, Mode = 0x1ed });
                if (!LayerRoot.AreEqual(beforeRoot, afterRoot))
                {
                    if (afterRoot is not null)
                    {
                        LayerRoot.Copy(afterRoot, changes);
                    }
                    LayerRoot.MarkUsual(target);
                }
            }
            return new StagedLayer(store, staging, null);
        }
        catch
        {
            staging?.Dispose();
            throw;
        }
        finally
        {
            foreach (ManifestLayer layer in before.Concat(after))
            {
                layer.Dispose();
            }
        }
    }

    private static FileChange MetadataOf(ChangeEntry entry) => new()
    {
        Owner = new FileOwner(entry.Uid, entry.Gid),
        Mode = entry.Mode,
        Times = new FileTimes(entry.ModifiedNanoseconds, entry.ModifiedNanoseconds),
    };

    private void Write(PlannedChange directory, SafeFileHandle target, string path)
    {
        _cancellation.ThrowIfCancellationRequested();
        bool hasWhiteouts = false;
        foreach (PlannedChange change in directory.Children)
        {
            switch (change.Entry)
            {
                case null:
                    Files.MakeWhiteout(target, change.Name);
                    hasWhiteouts = true;
                    break;
                case { IsDirectory: true } entry:
                    Files.MakeDirectory(target, change.Name, 0x1c0);
                    using (SafeFileHandle made = Files.OpenAt(target, change.Name, Libc.O_RDONLY | Libc.O_DIRECTORY | Libc.O_NOFOLLOW))
                    {
                        Write(change, made, path + "/" + change.Name);
                        foreach ((string attribute, byte[] value) in entry.Attributes)
                        {
                            Files.TrySetAttribute(made, attribute, value);   // what the layer's own filesystem took
                        }
                        RootedTree.Apply(made, MetadataOf(entry));
                    }
                    break;
                case { } entry:
                    AddFile(change, entry, target, path);
                    break;
            }
        }
        if (hasWhiteouts)
        {
            LayerCanonicalizer.MarkWhiteouts(target);
        }
    }

    private void AddFile(PlannedChange change, ChangeEntry entry, SafeFileHandle target, string path)
    {
        ManifestLayer source = change.Source!;
        if (entry.IsRegular && TryLink(source, change.Path, target, change.Name))
        {
            return;
        }
        (ManifestLayer, int) group = (source, entry.LinkGroup);
        if (entry.LinkGroup != 0 && !_copied.TryAdd(group, _changes + path + "/" + change.Name)
            && Files.TryLink(Files.Anywhere, _copied[group], target, change.Name) == 0)
        {
            return;
        }
        switch (entry.Kind)
        {
            case FileKind.Regular:
                FileCopy.Copy(source.Root, change.Path, Files.Status(source.Root, change.Path), target, change.Name);
                return;
            case FileKind.Symlink:
                Files.MakeSymlink(target, change.Name, entry.LinkTarget);
                break;
            default:
                Files.MakeNode(target, change.Name, entry.Kind, entry.Mode, entry.DeviceMajor, entry.DeviceMinor);
                break;
        }
        FileChange metadata = MetadataOf(entry);
        RootedTree.Apply(target, change.Name, entry.Kind, metadata with { Times = null });
        foreach ((string attribute, byte[] value) in entry.Attributes)
        {
            Files.TrySetAttribute(target, change.Name, attribute, value);
        }
        RootedTree.Apply(target, change.Name, entry.Kind, new FileChange { Times = metadata.Times });
    }

    private static bool TryLink(ManifestLayer source, string path, SafeFileHandle target, string name)
    {
        using SafeFileHandle file = Files.TryOpenBelow(source.Root, path) ?? throw new NativeException("open", path, Errno.ENOENT);
        return Files.TryLinkOpen(file, target, name) == 0;
    }
}
