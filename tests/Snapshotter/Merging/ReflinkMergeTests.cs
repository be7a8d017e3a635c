using Cairn.Snapshotter.Merging;
using Xunit;

namespace Cairn.Snapshotter.Tests.Merging;

public sealed class ReflinkMergeTests(ReflinkFilesystem filesystem)
    : MergeContract("native", MergeStrategy.Reflink, filesystem.Path), IClassFixture<ReflinkFilesystem>;
