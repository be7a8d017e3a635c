using Cairn.Cache.Keys;
using Cairn.Llb;

namespace Cairn.Solver.Scheduling;

/// <summary>The keys that one input brings to a look-up, or to the record of an execution.</summary>
/// <param name="Keys">Keys of the input itself; they count together with the selector.</param>
/// <param name="Selector">Which part of the input counts; null is the whole.</param>
/// <param name="Content">Digest of the selected content; null if it is not known.</param>
internal sealed record KeyInput(IReadOnlyList<CacheKeyId> Keys, Digest? Selector, Digest? Content);
