namespace Cairn.Solver.Scheduling;

/// <summary>A stored result that a look-up found. Equal ids, same stored result.</summary>
internal readonly record struct CandidateId(long Value);
