using Cairn.Llb;
using Cairn.Protos.Fsutil;
using Cairn.Snapshotter.Locals;
using Cairn.Snapshotter.Trees;
using Google.Protobuf;

namespace Cairn.Wire.Files;

/// <summary>Entries as they stand on the wire: modes in Go's layout, hard links by the path of the first name.</summary>
/// <remarks>Source: session.md, section 8.3.</remarks>
public static class WireStat
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
    private const uint Permissions = 0x1FF;
    private const uint UnixSetUid = 0x800;
    private const uint UnixSetGid = 0x400;
    private const uint UnixSticky = 0x200;

    /// <summary>All bits that say of what kind an entry is; without any of them it is a regular file.</summary>
    public const uint KindMask = Directory | Symlink | Device | Fifo | Socket | CharacterDevice | Irregular;

    private static readonly IReadOnlyDictionary<string, byte[]> NoAttributes = new Dictionary<string, byte[]>();

    /// <summary>Kind and permission bits in Go's layout.</summary>
    /// <param name="kind">What the entry is.</param>
    /// <param name="mode">Permission bits with setuid, setgid and sticky: 0 to octal 7777.</param>
    public static uint ToGoMode(FileKind kind, uint mode)
    {
        uint bits = (mode & Permissions)
            | ((mode & UnixSetUid) != 0 ? SetUid : 0)
            | ((mode & UnixSetGid) != 0 ? SetGid : 0)
            | ((mode & UnixSticky) != 0 ? Sticky : 0);
        return bits | kind switch
        {
            FileKind.Directory => Directory,
            FileKind.Symlink => Symlink,
            FileKind.BlockDevice => Device,
            FileKind.CharacterDevice => Device | CharacterDevice,
            FileKind.Fifo => Fifo,
            _ => 0,   // a socket travels as an empty file
        };
    }

    /// <summary>The reverse of <see cref="ToGoMode"/>; bits that unix does not have are dropped.</summary>
    /// <returns>Null if the bits name no kind that can be made.</returns>
    public static (FileKind Kind, uint Mode)? FromGoMode(uint bits)
    {
        uint mode = (bits & Permissions)
            | ((bits & SetUid) != 0 ? UnixSetUid : 0)
            | ((bits & SetGid) != 0 ? UnixSetGid : 0)
            | ((bits & Sticky) != 0 ? UnixSticky : 0);
        FileKind? kind = (bits & KindMask) switch
        {
            0 or Socket => FileKind.Regular,
            Directory => FileKind.Directory,
            Symlink => FileKind.Symlink,
            Device => FileKind.BlockDevice,
            Device | CharacterDevice => FileKind.CharacterDevice,
            Fifo => FileKind.Fifo,
            _ => null,
        };
        return kind is { } known ? (known, mode) : null;
    }

    /// <summary>Whether the content of an entry can be asked for: it is a regular file and no hard link.</summary>
    public static bool HasContent(Stat stat)
    {
        ArgumentNullException.ThrowIfNull(stat);
        return (stat.Mode & KindMask) == 0 && stat.Linkname.Length == 0;
    }

    /// <summary>An entry as it is sent.</summary>
    /// <exception cref="BuildException">Input: its name cannot travel, because it is not UTF-8.</exception>
    public static Stat Of(LocalEntry entry)
    {
        ArgumentNullException.ThrowIfNull(entry);
        FileStatus status = entry.Status;
        bool isLink = status.IsRegular && entry.LinkTarget is { Length: > 0 };
        var stat = new Stat
        {
            Path = Checked(entry.Path),
            Mode = ToGoMode(status.Kind, status.Mode),
            Uid = status.Uid,
            Gid = status.Gid,
            Size = status.IsDirectory || isLink ? 0 : status.Size,
            ModTime = status.ModifiedNanoseconds,
            Linkname = entry.LinkTarget is { } target ? Checked(target) : "",
            Devmajor = (long)status.DeviceMajor,
            Devminor = (long)status.DeviceMinor,
        };
        foreach ((string name, byte[] value) in entry.Attributes)
        {
            if (!name.StartsWith("com.apple.", StringComparison.Ordinal))
            {
                stat.Xattrs.Add(name, UnsafeByteOperations.UnsafeWrap(value));
            }
        }

        return stat;
    }

    /// <summary>
    /// An entry as it came. What does not travel (inode, times of change, number of names) is 0; a hard link has the first name as its target.
    /// </summary>
    /// <exception cref="BuildException">Environment: it is of no kind that can be made.</exception>
    public static LocalEntry ToEntry(Stat stat)
    {
        ArgumentNullException.ThrowIfNull(stat);
        if (FromGoMode(stat.Mode) is not var (kind, mode))
        {
            throw new BuildException(ErrorKind.Environment, "receive file", stat.Path, $"its mode {stat.Mode:x} names no kind of file");
        }

        var status = new FileStatus(
            kind, mode, stat.Uid, stat.Gid, kind == FileKind.Directory ? 0 : stat.Size, (ulong)stat.Devmajor, (ulong)stat.Devminor,
            stat.ModTime, Inode: 0, Device: 0, LinkCount: 0, ChangedNanoseconds: 0);
        return new LocalEntry(
            stat.Path,
            status,
            stat.Linkname.Length == 0 ? null : stat.Linkname,
            stat.Xattrs.Count == 0 ? NoAttributes : stat.Xattrs.ToDictionary(a => a.Key, a => a.Value.ToByteArray(), StringComparer.Ordinal));
    }

    // Names that are not UTF-8 are kept here with lone surrogates; a message has text only.
    private static string Checked(string text) => text.AsSpan().IndexOfAnyInRange('\uD800', '\uDFFF') < 0 || IsWellFormed(text)
        ? text
        : throw new BuildException(ErrorKind.Input, "send file", text, "its name is not UTF-8", "Rename the file.");

    private static bool IsWellFormed(string text)
    {
        for (int i = 0; i < text.Length; i++)
        {
            if (char.IsHighSurrogate(text[i]) && i + 1 < text.Length && char.IsLowSurrogate(text[i + 1]))
            {
                i++;
            }
            else if (char.IsSurrogate(text[i]))
            {
                return false;
            }
        }

        return true;
    }
}
