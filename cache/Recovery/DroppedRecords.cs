namespace Cairn.Cache.Recovery;

/// <summary>What went because files that it stood on were lost.</summary>
/// <param name="Refs">Descriptions of the records that went, those at the bottom first; empty texts for unnamed ones.</param>
/// <param name="Layers">Layers that are known no more.</param>
/// <param name="Absent">Layers that lost their directory and are made again from a blob or from their two sides when they are needed.</param>
/// <param name="Blobs">Blobs that are here no more; some may be fetched or made again.</param>
/// <param name="CacheMounts">Persistent directories that are gone.</param>
public sealed record DroppedRecords(IReadOnlyList<string> Refs, int Layers, int Absent, int Blobs, int CacheMounts);
