using Cairn.Snapshotter.Native;
using Cairn.Snapshotter.Trees;
using Microsoft.Win32.SafeHandles;

namespace Cairn.Snapshotter.Layers;

/// <summary>Finds, for a path in the tree of some layers, the layer's own file, without a mount.</summary>
/// <param name="layers">Change directories, bottom first.</param>
internal sealed class LayerFiles(IReadOnlyList<string> layers) : IDisposable
{
    private readonly SafeFileHandle?[] _roots = new SafeFileHandle?[layers.Count];

    /// <summary>Status of what the tree shows at a path, links not followed anywhere; null if it shows nothing.</summary>
    public FileStatus? TryStatus(string path)
    {
        using SafeFileHandle? file = TryOpen(path);
        return file is null ? null : Files.Status(file);
    }

    /// <summary>Portable attributes of what the tree shows at a path.</summary>
    public IReadOnlyDictionary<string, byte[]> Attributes(string path)
    {
        using SafeFileHandle? file = TryOpen(path);
        return file is null ? NoAttributes : TreeAttributes.Read(file, "");
    }

    /// <summary>Gives the layer's file one more name; false if it is not found, not regular or cannot be linked.</summary>
    /// <param name="path">Path of the file in the tree.</param>
    /// <param name="target">Directory that takes the new name.</param>
    /// <param name="name">New name.</param>
    public bool TryLink(string path, SafeFileHandle target, string name)
    {
        using SafeFileHandle? file = TryOpen(path);
        return file is not null && Files.Status(file).IsRegular && Files.TryLinkOpen(file, target, name) == 0;
    }

    /// <summary>Copies the layer's file; false if there is none.</summary>
    public bool TryCopy(string path, SafeFileHandle target, string name)
    {
        (string directory, string last) = TreePath.Split(path);
        for (int i = layers.Count - 1; i >= 0; i--)
        {
            using SafeFileHandle? parent = TryOpenIn(i, directory, out bool hidden);
            if (parent is not null && Files.TryStatus(parent, last) is { } status)
            {
                if (!status.IsRegular)
                {
                    return false;
                }
                FileCopy.Copy(parent, last, status, target, name);
                return true;
            }
            if (hidden)
            {
                return false;
            }
        }
        return false;
    }

    public void Dispose()
    {
        foreach (SafeFileHandle? root in _roots)
        {
            root?.Dispose();
        }
    }

    private static IReadOnlyDictionary<string, byte[]> NoAttributes { get; } = new Dictionary<string, byte[]>();

    private SafeFileHandle? TryOpen(string path)
    {
        for (int i = layers.Count - 1; i >= 0; i--)
        {
            SafeFileHandle? file = TryOpenIn(i, path, out bool hidden);
            if (file is not null && !Files.Status(file).IsWhiteout)
            {
                return file;
            }
            file?.Dispose();
            if (file is not null || hidden)
            {
                return null;
            }
        }
        return null;
    }

    // "hidden": this layer hides the path in all layers below.
    private SafeFileHandle? TryOpenIn(int layer, string path, out bool hidden)
    {
        SafeFileHandle root = _roots[layer] ??= Files.OpenDirectory(layers[layer]);
        string relative = TreePath.Relative(TreePath.Clean(path));
        SafeFileHandle? file = Files.TryOpenBelow(root, relative);
        hidden = false;
        if (file is not null)
        {
            return file;
        }
        if (TreeAttributes.IsOpaque(root))
        {
            hidden = true;
            return null;
        }
        for (int slash = relative.IndexOf('/', StringComparison.Ordinal); ; slash = relative.IndexOf('/', slash + 1))
        {
            string part = slash < 0 ? relative : relative[..slash];
            using SafeFileHandle? parent = Files.TryOpenBelow(root, part);
            if (parent is null)
            {
                return null;   // this layer says nothing about the path
            }
            hidden = !Files.Status(parent).IsDirectory || Files.TryAttribute(parent, "", TreeAttributes.Opaque) is [(byte)'y', ..];
            if (hidden || slash < 0)
            {
                return null;
            }
        }
    }
}
