namespace Cairn.Solver.Execution;

/// <summary>An empty directory in memory, gone with the process.</summary>
/// <param name="Destination">Absolute, clean path inside the root.</param>
/// <param name="SizeBytes">Most bytes it can hold; 0 is the kernel's default, half of the memory.</param>
/// <param name="ReadOnly">The process cannot write to it.</param>
public sealed record TmpfsMount(string Destination, long SizeBytes, bool ReadOnly) : ExecMount(Destination);
