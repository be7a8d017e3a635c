namespace Cairn.Snapshotter.Native;

/// <summary>This part: where files lie.</summary>
internal static unsafe partial class Libc
{
    public const uint STATX_MNT_ID = 0x1000;
    public const uint STATX_BTIME = 0x800;
}
