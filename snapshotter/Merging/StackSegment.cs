namespace Cairn.Snapshotter.Merging;

/// <summary>Neighbouring layers of a list, bottom first.</summary>
/// <param name="First">Place of the lowest.</param>
/// <param name="Count">How many.</param>
/// <param name="Run">The flattened run that stands for them; null for none.</param>
internal readonly record struct StackSegment(int First, int Count, long? Run);
