using System.Collections.Concurrent;
using Cairn.Snapshotter.Manifests;
using Cairn.Snapshotter.Merging;
using Cairn.Snapshotter.Native;
using Cairn.Snapshotter.Trees;
using Microsoft.Win32.SafeHandles;

namespace Cairn.Snapshotter.Layers;

/// <summary>
/// What the root directory of a tree is like. A layer says something about it if its own root is not the usual one (root's, mode 0755, no
/// attributes), or is marked as meant. Of a list, the topmost layer that says something counts. An archive has a member for the root in the
/// same case, so whoever unpacks the archives gets the same.
/// </summary>
internal sealed class LayerRoot
{
    private readonly ConcurrentDictionary<string, bool> _known = new(StringComparer.Ordinal);   // by change directory; layers never change

    /// <summary>The one of some change directories, bottom first, whose root counts; null if all are usual.</summary>
    public string? Of(IReadOnlyList<string> directories)
    {
        for (int i = directories.Count - 1; i >= 0; i--)
        {
            if (_known.GetOrAdd(directories[i], static directory => IsMeant(directory)))
            {
                return directories[i];
            }
        }
        return null;
    }

    /// <summary>The same, looking at the directories only if a manifest has an unusual root: else marks mean nothing.</summary>
    /// <param name="used">The layers, bottom first.</param>
    /// <param name="layers">Their manifests.</param>
    public string? Of(UsedLayers used, IReadOnlyList<ManifestLayer> layers) =>
        layers.All(static layer => layer.Manifest.Root is { Mode: 0x1ed, Uid: 0, Gid: 0, Attributes.Count: 0 }) ? null : Of(used.Directories);

    /// <summary>The part of a merged root that counts.</summary>
    public static LayerDirectory Of(MergedDirectory<LayerDirectory> root) =>
        root.Parts.FirstOrDefault(static part => IsMeant(part.Handle)) ?? root.Top;

    /// <summary>The layer says something about the root.</summary>
    public static bool IsMeant(SafeFileHandle root) => !IsUsual(root) || Files.TryAttribute(root, TreeAttributes.Root) is not null;

    /// <summary>Both roots have the same owner, mode and attributes; null is the usual one.</summary>
    public static bool AreEqual(string? left, string? right)
    {
        if (left is null || right is null)
        {
            return left is null ? right is null || IsUsual(right) : IsUsual(left);
        }
        using SafeFileHandle one = Files.OpenDirectory(left);
        using SafeFileHandle other = Files.OpenDirectory(right);
        FileStatus a = Files.Status(one);
        FileStatus b = Files.Status(other);
        return (a.Mode, a.Uid, a.Gid) == (b.Mode, b.Uid, b.Gid)
            && TreeAttributes.AreEqual(TreeAttributes.Read(one, "."), TreeAttributes.Read(other, "."));
    }

    /// <summary>Gives a root what another one has, times included.</summary>
    /// <param name="from">Host path of the other root.</param>
    /// <param name="to">Host path of a change directory.</param>
    public static void Copy(string from, string to)
    {
        using SafeFileHandle source = Files.OpenDirectory(from);
        using SafeFileHandle target = Files.OpenDirectory(to);
        Copy(source, target);
    }

    /// <inheritdoc cref="Copy(string, string)"/>
    public static void Copy(SafeFileHandle source, SafeFileHandle target)
    {
        FileCopy.CopyAttributes(source, target);
        if (Files.TryAttribute(source, TreeAttributes.Root) is not null)
        {
            Mark(target);
        }
        RootedTree.Apply(target, FileChange.AllOf(Files.Status(source)));
    }

    /// <summary>Notes that a root which looks like the usual one is meant, if it does.</summary>
    public static void MarkUsual(SafeFileHandle root)
    {
        if (IsUsual(root))
        {
            Mark(root);
        }
    }

    private static void Mark(SafeFileHandle root) => Files.SetAttribute(root, ".", TreeAttributes.Root, "y"u8);

    private static bool IsMeant(string directory)
    {
        using SafeFileHandle root = Files.OpenDirectory(directory);
        return IsMeant(root);
    }

    private static bool IsUsual(string directory)
    {
        using SafeFileHandle root = Files.OpenDirectory(directory);
        return IsUsual(root);
    }

    private static bool IsUsual(SafeFileHandle root)
    {
        FileStatus status = Files.Status(root);
        return status is { Mode: 0x1ed, Uid: 0, Gid: 0 } && TreeAttributes.Read(root, ".").Count == 0;
    }
}
