using Cairn.Snapshotter.Native;
using Cairn.Snapshotter.Store;
using Microsoft.Win32.SafeHandles;

namespace Cairn.Snapshotter.Layers;

/// <summary>What shows the tree of a list of layers.</summary>
/// <param name="Root">Descriptor of a detached mount, which ends with it, or of a directory.</param>
/// <param name="Directory">Where the tree lies, if it is no mount; else null.</param>
/// <param name="Scratch">What was made for it alone and goes with it.</param>
internal sealed record ShownTree(SafeFileHandle Root, string? Directory, StagingDirectory? Scratch) : IDisposable
{
    /// <summary>A directory, through a mount that cannot be written to where this process may mount.</summary>
    /// <param name="directory">Host path.</param>
    /// <param name="scratch">Goes with the tree; owned only when this returns.</param>
    public static ShownTree Of(string directory, StagingDirectory? scratch) => Mounts.TryReadOnly(directory) is { } mount
        ? new ShownTree(mount, null, scratch)
        : new ShownTree(Files.Open(directory, Libc.O_PATH | Libc.O_DIRECTORY), directory, scratch);

    public void Dispose()
    {
        Root.Dispose();
        Scratch?.Dispose();
    }
}
