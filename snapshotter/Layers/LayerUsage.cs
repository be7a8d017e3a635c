namespace Cairn.Snapshotter.Layers;

/// <summary>What a layer takes on disk. An inode with several names counts once.</summary>
/// <param name="Bytes">Bytes that the filesystem has set aside.</param>
/// <param name="Inodes">Inodes, the layer's root included.</param>
public readonly record struct LayerUsage(long Bytes, long Inodes);
