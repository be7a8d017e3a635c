using System.Buffers;
using Cairn.Snapshotter.Manifests;
using Cairn.Snapshotter.Native;
using Cairn.Snapshotter.Trees;
using Microsoft.Win32.SafeHandles;

namespace Cairn.Snapshotter.Layers;

/// <summary>Whether two entries are the same to whoever looks at them.</summary>
internal static class TreeComparison
{
    private const int BufferSize = 128 * 1024;

    /// <summary>Same kind, owner, mode, time, device, attributes and, for links, target; the content is not looked at.</summary>
    public static bool HasEqualMetadata(
        SafeFileHandle leftDirectory, string leftName, FileStatus left, SafeFileHandle rightDirectory, string rightName, FileStatus right) =>
        HasEqualStatus(left, right)
        && (!left.IsSymlink || Files.ReadLink(leftDirectory, leftName) == Files.ReadLink(rightDirectory, rightName))
        && TreeAttributes.AreEqual(TreeAttributes.Read(leftDirectory, leftName), TreeAttributes.Read(rightDirectory, rightName));

    /// <summary>The same of entries of manifests.</summary>
    public static bool HasEqualMetadata(ChangeEntry left, ChangeEntry right) =>
        left.Kind == right.Kind && left.Mode == right.Mode && left.Uid == right.Uid && left.Gid == right.Gid
        && left.ModifiedNanoseconds == right.ModifiedNanoseconds && left.Size == right.Size
        && left.DeviceMajor == right.DeviceMajor && left.DeviceMinor == right.DeviceMinor && left.LinkTarget == right.LinkTarget
        && left.Attributes.Count == right.Attributes.Count
        && left.Attributes.Zip(right.Attributes).All(static pair =>
            pair.First.Key == pair.Second.Key && pair.First.Value.AsSpan().SequenceEqual(pair.Second.Value));

    /// <summary>Same metadata and same content. Reads content only where all of the status is equal.</summary>
    public static bool IsEqual(
        SafeFileHandle leftDirectory, string leftName, FileStatus left, SafeFileHandle rightDirectory, string rightName, FileStatus right,
        CancellationToken cancellationToken) =>
        HasEqualMetadata(leftDirectory, leftName, left, rightDirectory, rightName, right)
        && (!left.IsRegular || left.Size == 0 || HasEqualContent(leftDirectory, leftName, rightDirectory, rightName, cancellationToken));

    private static bool HasEqualStatus(FileStatus left, FileStatus right) =>
        left.Kind == right.Kind && left.Mode == right.Mode && left.Uid == right.Uid && left.Gid == right.Gid
        && left.ModifiedNanoseconds == right.ModifiedNanoseconds && (left.IsDirectory || left.Size == right.Size)
        && left.DeviceMajor == right.DeviceMajor && left.DeviceMinor == right.DeviceMinor;

    /// <summary>Same bytes.</summary>
    /// <param name="leftDirectory">Open directory.</param>
    /// <param name="leftName">Name in it, or a path below it without links.</param>
    /// <param name="rightDirectory">Open directory.</param>
    /// <param name="rightName">Name in it, or a path below it without links.</param>
    /// <param name="cancellationToken">Stops the reading.</param>
    public static bool HasEqualContent(
        SafeFileHandle leftDirectory, string leftName, SafeFileHandle rightDirectory, string rightName, CancellationToken cancellationToken)
    {
        using SafeFileHandle left = Files.OpenAt(leftDirectory, leftName, Libc.O_RDONLY | Libc.O_NOFOLLOW);
        using SafeFileHandle right = Files.OpenAt(rightDirectory, rightName, Libc.O_RDONLY | Libc.O_NOFOLLOW);
        byte[] leftBuffer = ArrayPool<byte>.Shared.Rent(BufferSize);
        byte[] rightBuffer = ArrayPool<byte>.Shared.Rent(BufferSize);
        try
        {
            for (long offset = 0; ;)
            {
                cancellationToken.ThrowIfCancellationRequested();
                int leftRead = RandomAccess.Read(left, leftBuffer.AsSpan(0, BufferSize), offset);
                int rightRead = RandomAccess.Read(right, rightBuffer.AsSpan(0, BufferSize), offset);
                if (!leftBuffer.AsSpan(0, leftRead).SequenceEqual(rightBuffer.AsSpan(0, rightRead)))
                {
                    return false;
                }
                if (leftRead == 0)
                {
                    return true;
                }
                offset += leftRead;
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(leftBuffer);
            ArrayPool<byte>.Shared.Return(rightBuffer);
        }
    }
}
