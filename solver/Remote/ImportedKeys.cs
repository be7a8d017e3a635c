using Cairn.Cache.Refs;
using Cairn.Cache.Remote;
using Cairn.Solver.Keys;

namespace Cairn.Solver.Remote;

/// <summary>The keys of a cache in the form in which the solver asks for them.</summary>
internal static class ImportedKeys
{
    /// <summary>One key for each record, in the same order.</summary>
    /// <param name="config">The cache.</param>
    /// <param name="layer">The blob of a layer; null if it is not known, and then results with it are left out.</param>
    /// <param name="first">Index of the first key in the list that these become part of.</param>
    public static IReadOnlyList<ImportedKey> Of(CacheConfig config, Func<CacheConfigLayer, ImageLayer?> layer, int first = 0)
    {
        ImageLayer?[] layers = [.. config.Layers.Select(layer)];
        return [.. config.Records.Select(record => new ImportedKey(
            record.Digest,
            [.. record.Inputs.Select(input => (IReadOnlyList<KeyAlternative>)[.. input.Select(link => new KeyAlternative(first + link.Record, link.Selector))])],
            [
                .. record.Layers.Select(result => (Chain: config.ChainOf(result.Layer), result.CreatedAt))
                    .Concat(record.Chains.Select(static chain => (Chain: chain.Layers, chain.CreatedAt)))
                    .Where(result => result.Chain.Count > 0 && result.Chain.All(at => layers[at] is not null))
                    .OrderByDescending(static result => result.CreatedAt)
                    .Select(result => new ImportedResult(result.CreatedAt, [.. result.Chain.Select(at => layers[at]!)])),
            ]))];
    }
}
