using Cairn.Cache.Keys;

namespace Cairn.Solver.Keys;

/// <summary>A cache as one build imports it: read when it is first asked.</summary>
/// <param name="source">The cache.</param>
/// <param name="load">Reads its keys, shown in the build's progress.</param>
/// <param name="store">The keys of the store, by which those of the cache are found.</param>
internal sealed class CacheImport(ICacheSource source, Func<Task<IReadOnlyList<ImportedKey>>> load, CacheKeyStore store)
{
    private readonly Lock _lock = new();
    private Task<KeyMatcher>? _reading;   // guarded by _lock
    private volatile KeyMatcher? _matcher;   // set once it is read

    public string Id => source.Id;

    /// <summary>Asks for all keys of one output of a vertex. A cache that cannot be read has none.</summary>
    /// <param name="queries">One for each cache map.</param>
    /// <param name="cancellationToken">Ends the wait, not the reading.</param>
    public async Task<ImportFind> FindAsync(IReadOnlyList<KeyQuery> queries, CancellationToken cancellationToken)
    {
        try
        {
            KeyMatcher matcher = await ReadAsync().WaitAsync(cancellationToken);
            var found = queries.Select(matcher.Find).ToList();
            return new ImportFind(this, [.. found.Select(static one => one.Keys)], [.. found.Select(static one => one.Matched)], Error: null);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            throw;
        }
#pragma warning disable CA1031 // A cache can only help; the fault stands on the vertex of the import, too.
        catch (Exception e)
#pragma warning restore CA1031
        {
            return new ImportFind(this, [], [], e.Message);
        }
    }

    /// <summary>A key of the store was recorded for keys that were found here.</summary>
    public void Know(CacheKeyId key, IReadOnlyList<int> same) => _matcher?.Know(key, same);

    /// <summary>Results of a key that was found here.</summary>
    public IReadOnlyList<ImportedResult> ResultsOf(int key) => _matcher?.ResultsOf(key) ?? [];

    /// <summary>Results that the cache has for a key of the store; none if it was never read, or could not be.</summary>
    public IReadOnlyList<ImportedResult> ResultsOf(CacheKeyId key) =>
        _matcher is { } matcher ? [.. matcher.Find(key).SelectMany(matcher.ResultsOf)] : [];

    private Task<KeyMatcher> ReadAsync()
    {
        lock (_lock)
        {
            return _reading ??= Task.Run(async () => _matcher = new KeyMatcher(await load(), store));
        }
    }
}
