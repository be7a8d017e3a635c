namespace Cairn.Cache.Remote;

/// <summary>A result that is a list of layers.</summary>
/// <param name="Layers">Indices, bottom first.</param>
/// <param name="CreatedAt">When the result was made.</param>
public sealed record CacheConfigChain(IReadOnlyList<int> Layers, DateTimeOffset CreatedAt);
