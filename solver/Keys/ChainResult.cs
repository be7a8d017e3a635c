using Cairn.Cache;
using Cairn.Cache.Refs;

namespace Cairn.Solver.Keys;

/// <summary>A result in a chain: in the store, or in a cache that the build imported.</summary>
public sealed class ChainResult
{
    private readonly BuildCache _cache;
    private readonly RefId _stored;
    private readonly ImportedResult? _imported;

    internal ChainResult(BuildCache cache, RefId stored, DateTimeOffset createdAt)
    {
        _cache = cache;
        _stored = stored;
        CreatedAt = createdAt;
    }

    internal ChainResult(BuildCache cache, ImportedResult imported)
    {
        _cache = cache;
        _imported = imported;
        CreatedAt = imported.CreatedAt;
    }

    /// <summary>When it was made, or recorded.</summary>
    public DateTimeOffset CreatedAt { get; }

    /// <summary>A claim on it, owned by the caller. Layers of imported caches are not fetched for that.</summary>
    /// <returns>Null if it is gone.</returns>
    public ImmutableRef? TryTake() => _imported is null
        ? _cache.Refs.TryGet(_stored)
        : _cache.Refs.FromImage(_imported.Layers, new RefDescription("imported result"));
}
