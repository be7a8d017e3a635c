namespace Cairn.Solver.Scheduling;

/// <summary>Work is to stop. Its end comes as an event in any case, whichever it is.</summary>
internal sealed record Cancel(WorkId Work) : Command;
