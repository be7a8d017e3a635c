namespace Cairn.Cache.Collection;

/// <summary>The removal of a record.</summary>
/// <param name="Removed">When.</param>
/// <param name="Rule">What it was removed for: see <see cref="PruneOptions.Rule"/>.</param>
public sealed record Eviction(DateTimeOffset Removed, string Rule);
