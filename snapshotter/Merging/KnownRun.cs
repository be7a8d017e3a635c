namespace Cairn.Snapshotter.Merging;

/// <summary>A flattened run of layers.</summary>
/// <param name="Id">Its row.</param>
/// <param name="Keys">What it was made of, bottom first: see <see cref="StackedLayer.Key"/>.</param>
internal sealed record KnownRun(long Id, long[] Keys);
