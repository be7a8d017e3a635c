namespace Cairn.Solver.Keys;

/// <summary>The keys that lead to a result, as an exported cache has them.</summary>
/// <param name="Records">Inputs before what is built on them; no circles.</param>
/// <param name="Tops">Indices of the records of the result itself, one for each of its keys. Empty if it has none that may be kept.</param>
public sealed record CacheChain(IReadOnlyList<ChainRecord> Records, IReadOnlyList<int> Tops);
