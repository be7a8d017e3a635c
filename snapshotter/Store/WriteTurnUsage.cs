namespace Cairn.Snapshotter.Store;

/// <summary>How the write turn was used.</summary>
/// <param name="Turns">Turns taken.</param>
/// <param name="Total">Time it was held in all.</param>
/// <param name="Longest">Longest time it was held at once.</param>
public readonly record struct WriteTurnUsage(long Turns, TimeSpan Total, TimeSpan Longest);
