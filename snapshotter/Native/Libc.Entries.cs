namespace Cairn.Snapshotter.Native;

/// <summary>This part: kinds of directory entries.</summary>
internal static unsafe partial class Libc
{
    public const byte DT_REG = 8;
    public const byte DT_LNK = 10;
}
