using Cairn.Snapshotter.Native;

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
                    string place = PathText.Decode(File.ReadAllBytes(path)).Split('\n')[0];
                    found.Add(new LiveInstance(id, place, LockHolders.Of(Files.Status(Files.Anywhere, path))));
                }
            }
            catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException or NativeException { Errno: Errno.ENOENT })
            {
                // it has ended meanwhile
            }
        }
        return found;
    }
}
