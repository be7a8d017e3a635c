namespace Cairn.Solver;

/// <summary>One thing that is wrong in the store.</summary>
/// <param name="Kind">What is wrong, in words with dashes: <c>damaged-blob</c>, <c>missing-layer</c>, <c>broken-row</c>, <c>nameless</c>, …</param>
/// <param name="Subject">With what.</param>
/// <param name="Reason">How that shows.</param>
/// <param name="Details">One line for each difference, the first of them if there are many.</param>
/// <param name="IsDamage">Something is lost or wrong; otherwise it only takes space.</param>
public sealed record StoreFinding(string Kind, string Subject, string Reason, IReadOnlyList<string> Details, bool IsDamage);
