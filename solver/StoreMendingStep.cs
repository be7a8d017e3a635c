namespace Cairn.Solver;

/// <summary>One thing that mending the store did.</summary>
/// <param name="Did"><c>rebuilt</c>, <c>dropped</c>, <c>removed</c> or <c>reset</c>.</param>
/// <param name="Subject">To what.</param>
/// <param name="How">From what, or why.</param>
public sealed record StoreMendingStep(string Did, string Subject, string How);
