using Cairn.Llb;
using Cairn.Snapshotter.Native;
using Microsoft.Extensions.Logging;
using Microsoft.Win32.SafeHandles;

namespace Cairn.Snapshotter.Store;

/// <summary>Takes back what instances left whose process is gone: containers, mounts, run directories, staging and trash.</summary>
/// <remarks>Costs one listing of the instances while all live. Large directories are only renamed here and deleted in the background.</remarks>
internal sealed class Reclamation(StoreOptions options, string runStore, StoreInstance own, TrashBin trash, ILogger logger)
{
    /// <summary>Reclaims every dead instance; returns their ids.</summary>
    public IReadOnlyList<string> Run()
    {
        string instances = Path.Combine(options.Root, "instances");
        var dead = new List<string>();
        foreach (string path in Directory.GetFiles(instances))
        {
            string id = Path.GetFileName(path);
            if (id == own.Id || StoreInstance.TryTakeDead(instances, id) is not { } held)
            {
                continue;
            }
            using (held)   // holding the lock keeps others from doing the same
            {
                if (TryReclaim(id, RunDirectory(held, id)))
                {
                    File.Delete(path);
                    dead.Add(id);
                }
            }
        }
        dead.Sort(StringComparer.Ordinal);
        return dead;
    }

    private bool TryReclaim(string id, string runDirectory)
    {
        logger.InstanceReclaimed(id);
        try
        {
            options.OnDeadInstance?.Invoke(new DeadInstance(id, runDirectory));
            if (Directory.Exists(runDirectory))
            {
                MountTable.UnmountBelow(runDirectory);
                Files.RemoveTree(runDirectory, CancellationToken.None);
            }
            foreach (string area in (string[])["staging", "trash"])
            {
                foreach (string path in Directory.GetFileSystemEntries(Path.Combine(options.Root, area), id + "-*"))
                {
                    trash.Discard(path);
                }
            }
            return true;
        }
        catch (Exception e) when (e is BuildException or IOException or UnauthorizedAccessException)
        {
            logger.InstanceNotReclaimed(id, e);   // its lock file stays, so the next opener tries again
            return false;
        }
    }

    // A run directory elsewhere than ours belongs to an opener with another RunRoot; the lock file says where.
    private string RunDirectory(SafeFileHandle lockFile, string id)
    {
        byte[] content = new byte[4096];
        string noted = PathText.Decode(content.AsSpan(0, RandomAccess.Read(lockFile, content, 0)));
        return noted.EndsWith("/" + id, StringComparison.Ordinal) && Path.IsPathFullyQualified(noted) ? noted : Path.Combine(runStore, id);
    }
}
