using Cairn.Llb;
using Cairn.Protos.Fsutil;
using Cairn.Snapshotter.Trees;
using Cairn.Solver.Sessions;
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
    private const uint Socket = 1u << 24;
    private const uint SetUid = 1u << 23;
    private const uint SetGid = 1u << 22;
    private const uint CharacterDevice = 1u << 21;
    private const uint Sticky = 1u << 20;
    private const uint Irregular = 1u << 19;
    private const uint TypeBits = Directory | Symlink | Device | Fifo | Socket | CharacterDevice | Irregular;

    /// <summary>What a client sent, as an entry of a directory. The path and the link are checked by who takes them.</summary>
    /// <exception cref="BuildException">Environment: it is of no kind that can be.</exception>
    public static LocalEntry Read(Stat stat)
    {
        FileKind kind = (stat.Mode & TypeBits) switch
        {
            0 => FileKind.Regular,
            Directory => FileKind.Directory,
            Symlink => FileKind.Symlink,
            Device => FileKind.BlockDevice,
            Device | CharacterDevice => FileKind.CharacterDevice,
            Fifo => FileKind.Fifo,
            _ => throw Invalid(stat, $"the mode {stat.Mode:x} is of no known kind"),
        };
        if (stat.Size < 0 || stat.Devmajor is < 0 or > uint.MaxValue || stat.Devminor is < 0 or > uint.MaxValue)
        {
            throw Invalid(stat, "a size or a device number that cannot be");
        }

        uint mode = (stat.Mode & 0x1ff)   // 0777
            | ((stat.Mode & SetUid) != 0 ? 0x800u : 0) | ((stat.Mode & SetGid) != 0 ? 0x400u : 0) | ((stat.Mode & Sticky) != 0 ? 0x200u : 0);
        bool isDevice = kind is FileKind.BlockDevice or FileKind.CharacterDevice;
        bool isHardLink = kind == FileKind.Regular && stat.Linkname.Length > 0;
        var status = new FileStatus(
            kind, mode, stat.Uid, stat.Gid, kind == FileKind.Directory || isHardLink ? 0 : stat.Size,
            isDevice ? (ulong)stat.Devmajor : 0, isDevice ? (ulong)stat.Devminor : 0, stat.ModTime, Inode: 0, Device: 0, LinkCount: 0, ChangedNanoseconds: 0);
        return new LocalEntry(stat.Path, status, kind == FileKind.Symlink || isHardLink ? stat.Linkname : null, Attributes(stat));
    }

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

    // What overlayfs keeps in attributes is about its own layers, never about files of a client.
    private static Dictionary<string, byte[]> Attributes(Stat stat)
    {
        if (stat.Xattrs.Count == 0)
        {
            return None;
        }

        var attributes = new Dictionary<string, byte[]>(StringComparer.Ordinal);
        foreach ((string name, ByteString value) in stat.Xattrs)
        {
            if (!name.StartsWith("trusted.overlay.", StringComparison.Ordinal) && !name.StartsWith("user.overlay.", StringComparison.Ordinal))
            {
                attributes.Add(name, value.ToByteArray());
            }
        }

        return attributes;
    }

    private static Dictionary<string, byte[]> None { get; } = [];

    private static BuildException Invalid(Stat stat, string reason) =>
        new(ErrorKind.Environment, "receive local source", stat.Path, reason, "The client is at fault; use another version of it.");
}
