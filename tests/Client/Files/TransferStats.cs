using Cairn.Snapshotter.Trees;

namespace Cairn.Client.Tests.Files;

internal static class TransferStats
{
    public static FileStatus File { get; } = new(FileKind.Regular, 0x1A4, 0, 0, 3, 0, 0, 1_000_000_000, 0, 0, 1, 0);
}
