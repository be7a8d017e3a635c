using Cairn.Llb;
using Cairn.Snapshotter.Native;

namespace Cairn.Snapshotter.Store;

/// <summary>
/// Directories for what need not survive a boot: <c>RUN/STORE/INSTANCE</c>. Stores have places of their own in one run directory; only a
/// store and a copy of it, which have one identity, would not.
/// </summary>
internal static class RunDirectories
{
    /// <summary>Directory with the mount points of an instance.</summary>
    public const string Mounts = "mnt";

    /// <summary>Begins the name of a mount point of an additional store.</summary>
    public const string Additional = "additional-";

    private const string OwnerSuffix = ".root";   // beside the directory of a store: a file with the path of the store

    /// <summary>Makes the directory of a store.</summary>
    /// <param name="runRoot">The run directory that was configured; there.</param>
    /// <param name="storeId">Identity of the store.</param>
    /// <param name="root">Absolute path of the store.</param>
    /// <exception cref="BuildException">A copy of the store, or its original, is open and has that place.</exception>
    public static string Make(string runRoot, string storeId, string root)
    {
        string directory = Path.Combine(runRoot, storeId);
        Files.TryMakeDirectory(Files.Anywhere, directory, 0x1c0);   // 0700
        string owner = directory + OwnerSuffix;
        string other = File.Exists(owner) ? PathText.Decode(File.ReadAllBytes(owner)) : root;
        if (other != root && IsAnother(other, root) && IsOpen(other))
        {
            throw new BuildException(
                ErrorKind.Environment, "open store", root,
                $"the run directory {runRoot} is that of the store {other}, which is open; one of the two was copied from the other, and they cannot be told apart there",
                "Give each of them a run directory of its own, or remove the copy.");
        }
        if (other != root || !File.Exists(owner))
        {
            File.WriteAllBytes(owner, PathText.Encode(root));
        }
        return directory;
    }

    /// <summary>
    /// Removes what an instance had. A mount point is taken away by a plain rmdir, whatever it was a mount of: what lies in it was never the
    /// instance's, and stays with the directories above it.
    /// </summary>
    /// <returns>Mount points that are not empty.</returns>
    public static IReadOnlyList<string> Remove(string directory)
    {
        List<string> kept = [];
        string mounts = Path.Combine(directory, Mounts);
        foreach (string point in MountPoints(directory).Concat(MountPoints(mounts)))
        {
            if (!Files.TryRemoveDirectory(point))
            {
                kept.Add(point);
            }
        }
        if (kept.Count == 0)
        {
            Files.RemoveTree(directory, CancellationToken.None);
            return kept;
        }
        foreach (string entry in Directory.GetFileSystemEntries(directory).Where(entry => entry != mounts && !kept.Contains(entry)))
        {
            Files.RemoveTree(entry, CancellationToken.None);
        }
        return kept;
    }

    private static IEnumerable<string> MountPoints(string directory) => !Directory.Exists(directory)
        ? []
        : Directory.GetDirectories(directory)
            .Where(path => Path.GetFileName(directory) == Mounts || Path.GetFileName(path).StartsWith(Additional, StringComparison.Ordinal));

    // By a mount, one store can be at several paths.
    private static bool IsAnother(string path, string root) =>
        Files.TryStatus(Files.Anywhere, path)?.Identity is { } identity && identity != Files.Status(Files.Anywhere, root).Identity;

    private static bool IsOpen(string root)
    {
        string instances = Path.Combine(root, "instances");
        return Directory.Exists(instances)
            && Directory.GetFiles(instances).Any(path => StoreInstance.IsAlive(instances, Path.GetFileName(path)));
    }
}
