using Cairn.Cache.Keys;
using Cairn.Llb;

namespace Cairn.Solver.Scheduling;

/// <summary>What is known of one output of a job's vertex.</summary>
/// <param name="Vertex">The digest that the job knows it by.</param>
/// <param name="Output">Index of the output.</param>
/// <param name="Keys">All its keys.</param>
/// <param name="IsMade">It has a result, which was made and not loaded.</param>
internal sealed record KeyedEdge(Digest Vertex, int Output, IReadOnlyList<CacheKeyId> Keys, bool IsMade);
