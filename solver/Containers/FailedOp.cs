using Cairn.Protos.Pb;

namespace Cairn.Solver.Containers;

/// <summary>What is known of an op that failed, so that somebody can look at it.</summary>
/// <param name="Op">The op.</param>
/// <param name="Description">What was said of it.</param>
/// <param name="Inputs">Of a process what each mount had before it, else what each input is; null is nothing.</param>
/// <param name="Mounts">What each mount of a process had when it failed, in the order of the op; null is nothing. Empty for other ops.</param>
public sealed record FailedOp(
    Op Op, IReadOnlyDictionary<string, string> Description, IReadOnlyList<ResultHandle?> Inputs, IReadOnlyList<ResultHandle?> Mounts);
