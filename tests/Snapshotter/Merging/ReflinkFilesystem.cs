using Cairn.Tests.Harness;

namespace Cairn.Snapshotter.Tests.Merging;

/// <summary>A filesystem whose files can share blocks.</summary>
public sealed class ReflinkFilesystem : IDisposable
{
    private readonly LoopFilesystem _filesystem = LoopFilesystem.Make("xfs", 400, null, "noatime");

    public string Path => _filesystem.Path;

    public void Dispose() => _filesystem.Dispose();
}
