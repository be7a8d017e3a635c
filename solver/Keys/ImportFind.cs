namespace Cairn.Solver.Keys;

/// <summary>What one imported cache has for the output of a vertex.</summary>
/// <param name="Import">The cache.</param>
/// <param name="Keys">Its keys, by query; empty lists for none.</param>
/// <param name="Matched">By query: for each input whether some key of it leads on.</param>
/// <param name="Error">Why it could not be asked; null if it could.</param>
internal sealed record ImportFind(
    CacheImport Import, IReadOnlyList<IReadOnlyList<int>> Keys, IReadOnlyList<bool[]> Matched, string? Error)
{
    public bool HasKeys => Keys.Any(static keys => keys.Count > 0);

    /// <summary>Results of all keys that were found, the preferred one first.</summary>
    public IReadOnlyList<ImportedResult> Results => Error is null
        ? [.. Keys.SelectMany(static keys => keys).Distinct().SelectMany(Import.ResultsOf).OrderByDescending(static result => result.CreatedAt)]
        : [];
}
