namespace Cairn.Snapshotter.Tests.Layers;

public sealed class NativeSnapshotterTests() : SnapshotterContract("native");
