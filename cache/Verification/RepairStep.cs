namespace Cairn.Cache.Verification;

/// <summary>One thing that mending a store did.</summary>
/// <param name="Did"><c>rebuilt</c>, <c>recorded</c>, <c>dropped</c>, <c>removed</c> or <c>reset</c>.</param>
/// <param name="Subject">To what.</param>
/// <param name="How">From what, or why.</param>
public sealed record RepairStep(string Did, string Subject, string How);
