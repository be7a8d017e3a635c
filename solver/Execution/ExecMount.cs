namespace Cairn.Solver.Execution;

/// <summary>Something mounted over the root of a process.</summary>
/// <param name="Destination">Absolute, clean path inside the root; never <c>/</c>.</param>
public abstract record ExecMount(string Destination);
