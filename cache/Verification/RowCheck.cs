namespace Cairn.Cache.Verification;

/// <summary>Rows of one table that refer to rows which are not there.</summary>
/// <param name="Table">The table.</param>
/// <param name="Reason">What is missing.</param>
/// <param name="Where">Condition that such rows meet; the table itself is <c>t</c>.</param>
internal sealed record RowCheck(string Table, string Reason, string Where)
{
    /// <summary>All of them, in an order in which removing the rows of one may only add to later ones.</summary>
    public static IReadOnlyList<RowCheck> All { get; } =
    [
        new("layer_blobs", "the layer is gone", "NOT EXISTS (SELECT 1 FROM cache_layers c WHERE c.id = t.layer)"),
        new("layer_manifests", "the layer is gone", "NOT EXISTS (SELECT 1 FROM cache_layers c WHERE c.id = t.layer)"),
        new("content_digests", "the record is gone", "NOT EXISTS (SELECT 1 FROM refs r WHERE r.id = t.ref)"),
        new("key_results", "the record is gone", "t.ref <> 0 AND NOT EXISTS (SELECT 1 FROM refs r WHERE r.id = t.ref)"),
        new("key_results", "the cache key is gone", "NOT EXISTS (SELECT 1 FROM cache_keys k WHERE k.id = t.key)"),
        new("key_links", "the cache key that it leads to is gone", "NOT EXISTS (SELECT 1 FROM cache_keys k WHERE k.id = t.target)"),
        new(
            "key_links", "the cache key that it comes from is gone",
            "t.source <> 0 AND NOT EXISTS (SELECT 1 FROM cache_keys k WHERE k.id = t.source)"),
        new("ref_leases", "the record is gone", "NOT EXISTS (SELECT 1 FROM refs r WHERE r.id = t.ref)"),
    ];

    public string Count => $"SELECT count(*) FROM {Table} AS t WHERE {Where}";

    public string Delete => $"DELETE FROM {Table} AS t WHERE {Where}";
}
