using Cairn.Cache.Refs;

namespace Cairn.Solver.Keys;

/// <summary>A result in an imported cache.</summary>
/// <param name="CreatedAt">When it was made.</param>
/// <param name="Layers">Its layers, bottom first, at least one; fetched when somebody looks inside.</param>
public sealed record ImportedResult(DateTimeOffset CreatedAt, IReadOnlyList<ImageLayer> Layers);
