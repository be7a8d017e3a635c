using Cairn.Solver.Ops;

namespace Cairn.Solver.Scheduling;

/// <summary>Make a stored result usable.</summary>
/// <param name="Work">The work.</param>
/// <param name="Vertex">Payload of the vertex.</param>
/// <param name="Output">Which output it is a result of.</param>
/// <param name="Candidate">Which result.</param>
/// <param name="Digests">Digests of the cache maps, to record under what comes from elsewhere.</param>
/// <param name="Inputs">The keys of the inputs that it was found with.</param>
internal sealed record StartLoad(
    WorkId Work, object Vertex, int Output, CandidateId Candidate, IReadOnlyList<CacheDigest> Digests, IReadOnlyList<KeyInput> Inputs) : Start(Work, Vertex);
