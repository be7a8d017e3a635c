using Cairn.Snapshotter.Layers;
using Cairn.Snapshotter.Native;
using Cairn.Snapshotter.Store;
using Microsoft.Win32.SafeHandles;

namespace Cairn.Snapshotter.Merging;

/// <summary>What the filesystem of a store can do for this process, found out by doing it.</summary>
/// <param name="Overlay">Why layers cannot be joined by mounts; null if they can.</param>
/// <param name="Hardlinks">A file can have names in two directories.</param>
/// <param name="Reflinks">Files can share blocks.</param>
/// <remarks>Takes a fraction of a millisecond, so it is tried at each opening: what is remembered can be out of date.</remarks>
internal sealed record StoreAbilities(NativeException? Overlay, bool Hardlinks, bool Reflinks)
{
    /// <summary>The cheapest way to get files into a directory here.</summary>
    public MergeStrategy Placing => Hardlinks ? MergeStrategy.Hardlink : Reflinks ? MergeStrategy.Reflink : MergeStrategy.Copy;

    /// <summary>Tries everything in a directory that is removed afterwards.</summary>
    public static StoreAbilities Probe(StoreRoot store)
    {
        using StagingDirectory staging = StagedLayer.Create(store, "probe");
        using SafeFileHandle directory = Files.OpenDirectory(staging.Path);
        NativeException? overlay = TryOverlay(store, staging.Path, directory);
        using SafeFileHandle file = Files.OpenAt(directory, "file", Libc.O_RDWR | Libc.O_CREAT | Libc.O_EXCL, 0x180);
        Files.WriteAll(file, "x"u8, 0);
        using SafeFileHandle clone = Files.OpenAt(directory, "clone", Libc.O_RDWR | Libc.O_CREAT | Libc.O_EXCL, 0x180);
        return new StoreAbilities(
            overlay, Files.TryLink(directory, "file", directory, "fs/link") == 0, Files.TryClone(file, clone) == 0);
    }

    // A mount with all options, with a deletion in a directory that only one layer has: it must not show in a listing.
    private static NativeException? TryOverlay(StoreRoot store, string path, SafeFileHandle directory)
    {
        try
        {
            Files.MakeDirectory(directory, "lower", 0x1c0);
            Files.MakeDirectory(directory, "lower/d", 0x1c0);
            Files.MakeDirectory(directory, "work", 0x1c0);
            using (SafeFileHandle marked = Files.OpenAt(directory, "lower/d", Libc.O_RDONLY | Libc.O_DIRECTORY))
            {
                Files.MakeWhiteout(marked, "whiteout");
                LayerCanonicalizer.MarkWhiteouts(marked);
            }
            using SafeFileHandle mount = Mounts.Overlay(
                [Path.Combine(path, "lower"), Path.Combine(store.Root, "empty", "0")], StagedLayer.ChangesIn(path),
                Path.Combine(path, "work"), OverlayMarks.AreOfUsers);
            using SafeFileHandle listed = Files.OpenAt(mount, "d", Libc.O_RDONLY | Libc.O_DIRECTORY);
            return Files.Names(listed).Count == 0 ? null : new NativeException("list overlay", "whiteout", Errno.EOPNOTSUPP);
        }
        catch (NativeException e)
        {
            return e;
        }
    }
}
