using Cairn.Snapshotter.Merging;

namespace Cairn.Snapshotter.Tests.Merging;

public sealed class OverlayHardlinkMergeTests() : MergeContract("overlay", MergeStrategy.Hardlink, null);
