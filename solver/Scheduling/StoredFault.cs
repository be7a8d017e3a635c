namespace Cairn.Solver.Scheduling;

/// <summary>A stored result that was found and then was of no use.</summary>
/// <param name="Candidate">Which.</param>
/// <param name="Error">Why; null if it was loaded and its bytes turned out to be gone later.</param>
internal sealed record StoredFault(CandidateId Candidate, Exception? Error);
