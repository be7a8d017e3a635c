namespace Cairn.Solver.Scheduling;

/// <summary>Make a stored result usable.</summary>
internal sealed record StartLoad(WorkId Work, object Vertex, int Output, CandidateId Candidate) : Start(Work, Vertex);
