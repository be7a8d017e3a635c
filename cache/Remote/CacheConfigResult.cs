namespace Cairn.Cache.Remote;

/// <summary>A result that is a layer with all below it.</summary>
/// <param name="Layer">Index of the layer.</param>
/// <param name="CreatedAt">When the result was made.</param>
public readonly record struct CacheConfigResult(int Layer, DateTimeOffset CreatedAt);
