using Cairn.Llb.Matching;

namespace Cairn.Snapshotter.Locals;

/// <summary>What a filter says of one entry.</summary>
/// <param name="IsSent">It passes itself; the directories that hold it are then sent too.</param>
/// <param name="Descend">Something below it may pass.</param>
/// <param name="Depth">Directories above it, the root not counted.</param>
/// <param name="Include">State of the include patterns, for what is below.</param>
/// <param name="Exclude">State of the exclude patterns, for what is below.</param>
internal readonly record struct FilterVerdict(bool IsSent, bool Descend, int Depth, PatternMatch? Include, PatternMatch? Exclude);
