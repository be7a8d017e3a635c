using Cairn.Snapshotter.Merging;

namespace Cairn.Snapshotter.Tests.Merging;

public sealed class CopyMergeTests() : MergeContract("native", MergeStrategy.Copy, null);
