using Cairn.Cache.Keys;
using Cairn.Solver.Ops;

namespace Cairn.Solver.Scheduling;

/// <summary>
/// Keys of the inputs became known that may not lead yet to the keys that were found: remember that they do, so that the next look-up gets by with
/// fewer of them. Nobody waits for it.
/// </summary>
internal sealed record RecordLinks(
    object Vertex, int Output, IReadOnlyList<CacheDigest> Digests, IReadOnlyList<KeyInput> Inputs, IReadOnlyList<CacheKeyId> Targets) : Command;
