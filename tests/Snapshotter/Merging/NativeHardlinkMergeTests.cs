using Cairn.Snapshotter.Merging;

namespace Cairn.Snapshotter.Tests.Merging;

public sealed class NativeHardlinkMergeTests() : MergeContract("native", MergeStrategy.Hardlink, null);
