using Cairn.Snapshotter.Native;
using Cairn.Snapshotter.Trees;
using Microsoft.Win32.SafeHandles;

namespace Cairn.Snapshotter.Layers;

/// <summary>Writes the tree of a stack of layers into one directory.</summary>
internal sealed class Flattening
{
    private readonly string _target;
    private readonly bool _link;
    private readonly CancellationToken _cancellation;
    private readonly Dictionary<(ulong, ulong), string> _linked = [];   // identity of a layer's file -> host path of its first copy

    private Flattening(string target, bool link, CancellationToken cancellationToken)
    {
        _target = target;
        _link = link;
        _cancellation = cancellationToken;
    }

    /// <summary>Flattens.</summary>
    /// <param name="layers">Change directories, topmost first; none leaves the target as it is.</param>
    /// <param name="target">Existing empty directory.</param>
    /// <param name="link">Whether files are further names of the layers' inodes; the tree must then never be written to.</param>
    /// <param name="cancellationToken">Stops the work.</param>
    public static void Run(IReadOnlyList<string> layers, string target, bool link, CancellationToken cancellationToken)
    {
        if (layers.Count == 0)
        {
            return;
        }
        using MergedDirectory root = MergedDirectory.Open(layers);
        using SafeFileHandle handle = Files.OpenDirectory(target);
        new Flattening(target, link, cancellationToken).Fill(root, handle, "");
    }

    private void Fill(MergedDirectory source, SafeFileHandle target, string path)
    {
        _cancellation.ThrowIfCancellationRequested();
        foreach (MergedEntry entry in source.Entries())
        {
            string entryPath = path + "/" + entry.Name;
            switch (entry.Status.Kind)
            {
                case FileKind.Directory:
                    Files.MakeDirectory(target, entry.Name, 0x1c0);
                    using (MergedDirectory child = source.Enter(entry))
                    using (SafeFileHandle childTarget = Files.OpenAt(target, entry.Name, Libc.O_RDONLY | Libc.O_DIRECTORY | Libc.O_NOFOLLOW))
                    {
                        Fill(child, childTarget, entryPath);
                    }
                    break;
                case FileKind.Regular:
                    AddFile(entry, target, entryPath);
                    break;
                default:
                    AddSpecial(entry, target, entryPath);
                    break;
            }
        }
        FileStatus status = Files.Status(source.Top);
        FileCopy.CopyAttributes(source.Top, target);
        RootedTree.Apply(target, FileChange.AllOf(status));
    }

    private void AddFile(MergedEntry entry, SafeFileHandle target, string path)
    {
        if (_link && Files.TryLink(entry.Directory, entry.Name, target, entry.Name) == 0)
        {
            return;   // on any error: too many links, links forbidden, another filesystem: a copy serves as well
        }
        if (!TryLinkToCopy(entry, target, path))
        {
            FileCopy.Copy(entry.Directory, entry.Name, entry.Status, target, entry.Name);
        }
    }

    private void AddSpecial(MergedEntry entry, SafeFileHandle target, string path)
    {
        if (TryLinkToCopy(entry, target, path))
        {
            return;
        }
        FileStatus status = entry.Status;
        if (status.IsSymlink)
        {
            Files.MakeSymlink(target, entry.Name, Files.ReadLink(entry.Directory, entry.Name));
        }
        else
        {
            Files.MakeNode(target, entry.Name, status.Kind, status.Mode, status.DeviceMajor, status.DeviceMinor);
        }
        RootedTree.Apply(target, entry.Name, status.Kind, FileChange.AllOf(status) with { Times = null });
        FileCopy.CopyAttributes(entry.Directory, entry.Name, target, entry.Name);
        RootedTree.Apply(target, entry.Name, status.Kind, new FileChange { Times = FileChange.AllOf(status).Times });
    }

    // Names of one inode of one layer stay names of one inode.
    private bool TryLinkToCopy(MergedEntry entry, SafeFileHandle target, string path)
    {
        if (entry.Status.LinkCount == 1 || _linked.TryAdd(entry.Status.Identity, _target + path))
        {
            return false;
        }
        return Files.TryLink(Files.Anywhere, _linked[entry.Status.Identity], target, entry.Name) == 0;
    }
}
