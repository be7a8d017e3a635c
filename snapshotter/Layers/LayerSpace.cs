using System.Collections.Concurrent;
using Cairn.Snapshotter.Native;
using Cairn.Snapshotter.Store;
using Cairn.Snapshotter.Trees;
using Microsoft.Data.Sqlite;
using Microsoft.Win32.SafeHandles;

namespace Cairn.Snapshotter.Layers;

/// <summary>
/// What a layer takes beyond, and less than, its <see cref="LayerUsage"/>: files that it has in common with other layers are there once, and
/// its twin is there as well.
/// </summary>
/// <param name="TwinBytes">Bytes that its twin takes; 0 if it has none.</param>
/// <param name="Shared">Inodes that have names outside the layer, with the bytes set aside for each.</param>
public sealed record LayerSpace(long TwinBytes, IReadOnlyList<(ulong Inode, long Bytes)> Shared)
{
    /// <summary>Measures the layers that may have files in common with others that are still there. Walks them; other layers are not looked at.</summary>
    public static IReadOnlyDictionary<LayerId, LayerSpace> OfFamilies(StoreRoot store)
    {
        ArgumentNullException.ThrowIfNull(store);
        List<LayerId> members = store.Read(static connection =>
        {
            using SqliteCommand select = connection.CreateCommand();
            select.CommandText = "SELECT id FROM layers WHERE family IS NOT NULL AND store IS NULL ORDER BY id";
            using SqliteDataReader reader = select.ExecuteReader();
            List<LayerId> found = [];
            while (reader.Read())
            {
                found.Add(new LayerId(reader.GetInt64(0)));
            }
            return found;
        });
        var spaces = new ConcurrentDictionary<LayerId, LayerSpace>();
        Parallel.ForEach(members, layer => spaces[layer] = Measure(store, layer));
        return spaces;
    }

    private static LayerSpace Measure(StoreRoot store, LayerId layer)
    {
        var names = new Dictionary<ulong, (uint Names, uint Links, long Bytes)>();
        try
        {
            Walk(StagedLayer.ChangesIn(StagedLayer.LayerDirectory(store, layer)), status =>
            {
                if (status is { IsDirectory: false, LinkCount: > 1 })
                {
                    names[status.Inode] = (names.GetValueOrDefault(status.Inode).Names + 1, status.LinkCount, status.AllocatedBytes);
                }
            });
            var twin = new UsageMeter();
            if (Directory.Exists(LayerTwin.DirectoryOf(store, layer)))
            {
                Walk(LayerTwin.DirectoryOf(store, layer), twin.Add);
            }
            return new LayerSpace(
                twin.Usage.Bytes,
                [.. names.Where(inode => inode.Value.Links > inode.Value.Names).Select(inode => (inode.Key, inode.Value.Bytes))]);
        }
        catch (NativeException e) when (e.Errno is Errno.ENOENT or Errno.ENOTDIR)
        {
            return new LayerSpace(0, []);   // removed meanwhile
        }
    }

    private static void Walk(string directory, Action<FileStatus> visit)
    {
        using SafeFileHandle root = Files.OpenDirectory(directory);
        visit(Files.Status(root));
        Walk(root, visit);
    }

    private static void Walk(SafeFileHandle directory, Action<FileStatus> visit)
    {
        foreach (string name in Files.Names(directory))
        {
            FileStatus status = Files.Status(directory, name);
            visit(status);
            if (status.IsDirectory)
            {
                using SafeFileHandle child = Files.OpenAt(directory, name, Libc.O_RDONLY | Libc.O_DIRECTORY | Libc.O_NOFOLLOW);
                Walk(child, visit);
            }
        }
    }
}
