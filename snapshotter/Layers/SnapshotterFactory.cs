using Cairn.Llb;
using Cairn.Snapshotter.Merging;
using Cairn.Snapshotter.Store;

namespace Cairn.Snapshotter.Layers;

/// <summary>Picks the driver and the strategy that the machine can do.</summary>
public static class SnapshotterFactory
{
    /// <summary>
    /// The driver and strategy that the options name; else overlay and joining where a trial mount on the store's filesystem works, else
    /// native, with links, shared blocks or copies.
    /// </summary>
    /// <exception cref="BuildException">What was named is unknown or does not work here.</exception>
    public static ISnapshotter Open(StoreRoot store)
    {
        ArgumentNullException.ThrowIfNull(store);
        if (store.Options.Driver is not (null or OverlaySnapshotter.Name or NativeSnapshotter.Name))
        {
            throw Unusable(
                store.Options.Driver, "there is no such snapshotter", $"Use {OverlaySnapshotter.Name} or {NativeSnapshotter.Name}.", null);
        }
        StoreAbilities abilities = StoreAbilities.Probe(store);
        MergeStrategy? wanted = store.Options.Strategy;
        if ((wanted == MergeStrategy.Hardlink && !abilities.Hardlinks) || (wanted == MergeStrategy.Reflink && !abilities.Reflinks))
        {
            throw Unusable($"{wanted}", "the store's filesystem cannot do that", "Leave the choice of the strategy to the program.", null);
        }
        if (store.Options.Driver == NativeSnapshotter.Name || (store.Options.Driver is null && abilities.Overlay is not null))
        {
            return new NativeSnapshotter(store, wanted ?? abilities.Placing);
        }
        return abilities.Overlay is null
            ? new OverlaySnapshotter(store, wanted ?? MergeStrategy.Join)
            : throw Unusable(
                OverlaySnapshotter.Name, abilities.Overlay.Reason,
                "Leave the choice of the snapshotter to the program, or put the store on ext4, xfs or btrfs.", abilities.Overlay);
    }

    private static BuildException Unusable(string subject, string reason, string remedy, Exception? inner) =>
        new(ErrorKind.Environment, "use snapshotter", subject, reason, remedy, inner);
}
