namespace Cairn.Solver;

/// <summary>What mending the store found and did.</summary>
/// <param name="Before">What was wrong.</param>
/// <param name="Steps">What was done, in order; none for a store in order.</param>
public sealed record StoreMending(StoreCheck Before, IReadOnlyList<StoreMendingStep> Steps);
