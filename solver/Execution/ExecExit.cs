namespace Cairn.Solver.Execution;

/// <summary>How a process ended.</summary>
/// <param name="Code">Exit code; 128 plus the signal's number if a signal ended it; 255 if that is not known.</param>
/// <param name="WasOutOfMemory">It was killed while it had a memory limit of its own.</param>
public sealed record ExecExit(int Code, bool WasOutOfMemory);
