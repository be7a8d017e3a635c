using Cairn.Llb;
using Cairn.Snapshotter.Native;
using Cairn.Snapshotter.Store;
using Microsoft.Win32.SafeHandles;

namespace Cairn.Snapshotter.Layers;

/// <summary>Picks the driver that the machine can do.</summary>
public static class SnapshotterFactory
{
    /// <summary>The driver that the options name, else overlay where a trial mount on the store's filesystem works, else native.</summary>
    /// <exception cref="BuildException">The named driver is unknown or does not work here.</exception>
    public static ISnapshotter Open(StoreRoot store)
    {
        ArgumentNullException.ThrowIfNull(store);
        switch (store.Options.Driver)
        {
            case null:
                return TryOverlay(store) is null ? new OverlaySnapshotter(store) : new NativeSnapshotter(store);
            case OverlaySnapshotter.Name:
                NativeException? failure = TryOverlay(store);
                return failure is null
                    ? new OverlaySnapshotter(store)
                    : throw new BuildException(
                        ErrorKind.Environment, "use snapshotter", OverlaySnapshotter.Name, failure.Reason,
                        "Leave the choice of the snapshotter to the program, or put the store on ext4, xfs or btrfs.", failure);
            case NativeSnapshotter.Name:
                return new NativeSnapshotter(store);
            default:
                throw new BuildException(
                    ErrorKind.Environment, "use snapshotter", store.Options.Driver, "there is no such snapshotter",
                    $"Use {OverlaySnapshotter.Name} or {NativeSnapshotter.Name}.");
        }
    }

    // A tenth of a millisecond, so it is tried each time instead of remembered: what remembers can be out of date.
    private static NativeException? TryOverlay(StoreRoot store)
    {
        using StagingDirectory staging = StagedLayer.Create(store, "probe");
        try
        {
            string work = Path.Combine(staging.Path, "work");
            Files.MakeDirectory(Files.Anywhere, work, 0x1c0);
            string changes = StagedLayer.ChangesIn(staging.Path);
            using SafeFileHandle mount = Mounts.Overlay([Path.Combine(store.Root, "empty", "0")], changes, work);
            using SafeFileHandle directory = Files.OpenDirectory(changes);
            Files.MakeWhiteout(directory, "whiteout");
            Files.SetAttribute(directory, ".", Trees.TreeAttributes.Origin, []);
            return null;
        }
        catch (NativeException e)
        {
            return e;
        }
    }
}
