using Cairn.Protos.Fsutil;
using Cairn.Snapshotter.Trees;
using Google.Protobuf;

namespace Cairn.Solver.Sources;

/// <summary>Entries as they travel between daemon and client.</summary>
/// <remarks>Source: session.md, section 8.3. The mode has the layout of Go's file modes.</remarks>
internal static class SentEntry
{
    private const uint Directory = 1u << 31;
    private const uint Symlink = 1u << 27;
    private const uint Device = 1u << 26;
    private const uint Fifo = 1u << 25;
    private const uint SetUid = 1u << 23;
    private const uint SetGid = 1u << 22;
    private const uint CharacterDevice = 1u << 21;
    private const uint Sticky = 1u << 20;

    /// <summary>An entry as it is sent.</summary>
    /// <param name="path">Relative.</param>
    /// <param name="status">Owner and times are sent as they are here.</param>
    /// <param name="link">Target of a symbolic link, or the path of the first name of a file; null or empty if there is none.</param>
    /// <param name="attributes">Extended attributes.</param>
    public static Stat Write(string path, FileStatus status, string? link, IReadOnlyDictionary<string, byte[]> attributes)
    {
        uint mode = (status.Mode & 0x1ff)
            | ((status.Mode & 0x800) != 0 ? SetUid : 0) | ((status.Mode & 0x400) != 0 ? SetGid : 0) | ((status.Mode & 0x200) != 0 ? Sticky : 0)
            | status.Kind switch
            {
                FileKind.Directory => Directory,
                FileKind.Symlink => Symlink,
                FileKind.BlockDevice => Device,
                FileKind.CharacterDevice => Device | CharacterDevice,
                FileKind.Fifo => Fifo,
                _ => 0,   // a socket looks like an empty file
            };
        bool isHardLink = status.IsRegular && !string.IsNullOrEmpty(link);
        var stat = new Stat
        {
            Path = path,
            Mode = mode,
            Uid = status.Uid,
            Gid = status.Gid,
            Size = status.IsDirectory || isHardLink || status.Kind == FileKind.Socket ? 0 : status.Size,
            ModTime = status.ModifiedNanoseconds,
            Linkname = link ?? "",
            Devmajor = (long)status.DeviceMajor,
            Devminor = (long)status.DeviceMinor,
        };
        foreach ((string name, byte[] value) in attributes)
        {
            stat.Xattrs.Add(name, UnsafeByteOperations.UnsafeWrap(value));
        }

        return stat;
    }
}
