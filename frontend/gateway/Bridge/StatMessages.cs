using Cairn.Protos.Fsutil;
using Cairn.Solver;
using Google.Protobuf;

namespace Cairn.Frontend.Gateway.Bridge;

/// <summary>Files of results as messages.</summary>
internal static class StatMessages
{
    /// <summary>The message of a file, named by the last part of its path.</summary>
    public static Stat Of(ResultEntry entry)
    {
        var stat = new Stat
        {
            Path = entry.Name,
            Mode = GoMode(entry.Mode),
            Uid = entry.Uid,
            Gid = entry.Gid,
            Size = entry.Size,
            ModTime = entry.ModifiedNanoseconds,
            Linkname = entry.LinkTarget ?? "",
            Devmajor = (long)entry.DeviceMajor,
            Devminor = (long)entry.DeviceMinor,
        };
        foreach ((string name, byte[] value) in entry.Attributes)
        {
            stat.Xattrs[name] = ByteString.CopyFrom(value);
        }

        return stat;
    }

    // The bits of Go's os.FileMode; see session.md, section 8.
    private static uint GoMode(uint mode)
    {
        uint go = mode & 0x1ff;   // 0777
        go |= (mode & 0xf000) switch
        {
            0x4000 => 1u << 31,
            0xa000 => 1u << 27,
            0x6000 => 1u << 26,
            0x2000 => (1u << 26) | (1u << 21),
            0x1000 => 1u << 25,
            0xc000 => 1u << 24,
            _ => 0,
        };
        go |= (mode & 0x800) != 0 ? 1u << 23 : 0;   // setuid
        go |= (mode & 0x400) != 0 ? 1u << 22 : 0;   // setgid
        return go | ((mode & 0x200) != 0 ? 1u << 20 : 0);   // sticky
    }
}
