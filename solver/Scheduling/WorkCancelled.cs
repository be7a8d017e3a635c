namespace Cairn.Solver.Scheduling;

/// <summary>The work stopped because it was told to.</summary>
internal sealed record WorkCancelled(WorkId Work) : WorkEnded(Work);
