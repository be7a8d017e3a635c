namespace Cairn.Snapshotter.Merging;

/// <summary>Why a file did not get into a tree as it was meant to.</summary>
/// <param name="From">What was tried.</param>
/// <param name="Errno">What the kernel said, as in <c>errno.h</c>.</param>
public readonly record struct Fallback(MergeStrategy From, int Errno);
