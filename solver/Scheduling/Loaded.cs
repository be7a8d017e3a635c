namespace Cairn.Solver.Scheduling;

/// <summary>A stored result can be used.</summary>
internal sealed record Loaded(WorkId Work, ResultId Result) : WorkEnded(Work);
