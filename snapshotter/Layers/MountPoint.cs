using System.Globalization;
using Cairn.Snapshotter.Native;
using Cairn.Snapshotter.Store;
using Microsoft.Win32.SafeHandles;

namespace Cairn.Snapshotter.Layers;

/// <summary>A directory below the run directory of this instance on which a mount is attached.</summary>
internal sealed class MountPoint : IDisposable
{
    private MountPoint(string path) => Path = path;

    /// <summary>Absolute path; it ends with this object.</summary>
    public string Path { get; }

    /// <summary>Attaches a detached mount to a new directory.</summary>
    public static MountPoint Attach(StoreInstance instance, SafeFileHandle mount)
    {
        string mounts = System.IO.Path.Combine(instance.RunDirectory, RunDirectories.Mounts);
        Directory.CreateDirectory(mounts);
        var point = new MountPoint(System.IO.Path.Combine(mounts, instance.NextNumber().ToString(CultureInfo.InvariantCulture)));
        point.Attach(mount);
        return point;
    }

    /// <summary>The path still leads into the mount: nobody has unmounted it by hand.</summary>
    public bool Shows(SafeFileHandle mount) => Directory.Exists(Path) && Files.Place(Path) == Files.Place(mount);

    /// <summary>Attaches another mount at the same path.</summary>
    public void Attach(SafeFileHandle mount)
    {
        Directory.CreateDirectory(Path);
        Mounts.Attach(mount, Path);
    }

    /// <summary>Unmounts; whoever uses the mount otherwise keeps it.</summary>
    public void Dispose()
    {
        Mounts.Detach(Path);
        // Plain rmdir: should it still be a mount after all, this fails instead of emptying it.
        Files.RemoveDirectory(Files.Anywhere, Path);
    }
}
