using Cairn.Snapshotter.Native;
using Cairn.Snapshotter.Trees;
using Microsoft.Win32.SafeHandles;

namespace Cairn.Snapshotter.Merging;

/// <summary>A directory of a layer on disk.</summary>
internal sealed class LayerDirectory : ILayerDirectory<LayerDirectory>
{
    private LayerDirectory(SafeFileHandle handle, LayerSource source)
    {
        Handle = handle;
        Source = source;
        IsOpaque = TreeAttributes.IsOpaque(handle);
    }

    /// <summary>The open directory.</summary>
    public SafeFileHandle Handle { get; }

    /// <summary>The layer.</summary>
    public LayerSource Source { get; }

    /// <inheritdoc/>
    public bool IsOpaque { get; }

    /// <summary>Opens the root of a layer.</summary>
    public static LayerDirectory Open(LayerSource source) => Own(Files.OpenDirectory(source.Directory), source);

    /// <inheritdoc/>
    public IReadOnlyList<LayerItem> Items()
    {
        List<(string Name, byte Type)> entries = Files.Entries(Handle);
        var items = new LayerItem[entries.Count];
        for (int i = 0; i < items.Length; i++)
        {
            (string name, byte type) = entries[i];
            items[i] = type switch
            {
                Libc.DT_REG => new LayerItem(name, FileKind.Regular, false),
                Libc.DT_DIR => new LayerItem(name, FileKind.Directory, false),
                Libc.DT_LNK => new LayerItem(name, FileKind.Symlink, false),
                _ => Examine(name),
            };
        }
        return items;
    }

    /// <inheritdoc/>
    public LayerDirectory Enter(string name) =>
        Own(Files.OpenAt(Handle, name, Libc.O_RDONLY | Libc.O_DIRECTORY | Libc.O_NOFOLLOW), Source);

    public void Dispose() => Handle.Dispose();

    private static LayerDirectory Own(SafeFileHandle handle, LayerSource source)
    {
        try
        {
            return new LayerDirectory(handle, source);
        }
        catch
        {
            handle.Dispose();
            throw;
        }
    }

    // Device nodes and what the filesystem does not tell in its listings.
    private LayerItem Examine(string name)
    {
        FileStatus status = Files.Status(Handle, name);
        return new LayerItem(name, status.Kind, status.IsWhiteout);
    }
}
