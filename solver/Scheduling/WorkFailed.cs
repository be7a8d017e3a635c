namespace Cairn.Solver.Scheduling;

/// <summary>The work failed.</summary>
/// <param name="Work">The work.</param>
/// <param name="Error">Why.</param>
/// <param name="Blame">The job whose client, rights or limits caused it, when the failure says nothing about the work itself.</param>
/// <param name="Lost">Results among the inputs whose bytes were missing: then these are made again instead of failing.</param>
internal sealed record WorkFailed(
    WorkId Work, Exception Error, JobId? Blame, IReadOnlyList<ResultId> Lost) : WorkEnded(Work);
