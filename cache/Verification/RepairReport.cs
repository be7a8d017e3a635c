namespace Cairn.Cache.Verification;

/// <summary>What mending a store found and did.</summary>
/// <param name="Before">What was wrong.</param>
/// <param name="Steps">What was done, in order; none for a store in order.</param>
public sealed record RepairReport(StoreReport Before, IReadOnlyList<RepairStep> Steps);
