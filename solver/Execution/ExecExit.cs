namespace Cairn.Solver.Execution;

/// <summary>How a process ended.</summary>
/// <param name="Code">Exit code; 128 + signal if a signal ended it; 255 if that is not known.</param>
/// <param name="WasOutOfMemory">The kernel killed something in its cgroup for lack of memory.</param>
public sealed record ExecExit(int Code, bool WasOutOfMemory);
