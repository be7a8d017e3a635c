using Cairn.Cache.Keys;

namespace Cairn.Solver.Scheduling;

/// <summary>An op was carried out and what it made is recorded.</summary>
/// <param name="Work">The work.</param>
/// <param name="Results">One for each output.</param>
/// <param name="Keys">For each output the key it was recorded under; null if it could not be recorded.</param>
internal sealed record Executed(
    WorkId Work, IReadOnlyList<ResultId> Results, IReadOnlyList<CacheKeyId?> Keys) : WorkEnded(Work);
