using Cairn.Snapshotter.Native;
using Microsoft.Win32.SafeHandles;

namespace Cairn.Snapshotter.Store;

/// <summary>A living opening of a store, as any other process sees it.</summary>
/// <param name="Id">Its id.</param>
/// <param name="RunDirectory">Its directory for runtime files.</param>
/// <param name="Processes">Processes that hold its lock, as far as they are seen from here: one, unless it has started others just now.</param>
public sealed record LiveInstance(string Id, string RunDirectory, IReadOnlyList<int> Processes)
{
    /// <summary>All living openings, in the order of their ids. The store is not opened; none if there is no store.</summary>
    public static IReadOnlyList<LiveInstance> All(string root)
    {
        string instances = Path.Combine(root, "instances");
        if (!Directory.Exists(instances))
        {
            return [];
        }
        List<LiveInstance> found = [];
        foreach (string path in Directory.EnumerateFiles(instances).Order(StringComparer.Ordinal))
        {
            string id = Path.GetFileName(path);
            try
            {
                if (StoreInstance.IsAlive(instances, id))
                {
                    found.Add(new LiveInstance(id, PlaceIn(path), LockHolders.Of(Files.Status(Files.Anywhere, path))));
                }
            }
            catch (NativeException e) when (e.Errno == Errno.ENOENT)
            {
                // it has ended meanwhile
            }
        }
        return found;
    }

    // Not by way of a FileStream of the path, which would want a lock of its own.
    private static string PlaceIn(string path)
    {
        using SafeFileHandle file = Files.Open(path, Libc.O_RDONLY, 0);
        var bytes = new byte[RandomAccess.GetLength(file)];
        int length = RandomAccess.Read(file, bytes, 0);
        return PathText.Decode(bytes.AsSpan(0, length).ToArray()).Split('\n')[0];
    }
}
