namespace Cairn.Solver.Scheduling;

/// <summary>What an imported cache said when it was asked for a vertex.</summary>
/// <param name="Source">Which cache.</param>
/// <param name="Verdict">What it has.</param>
/// <param name="Reason">Why it could not be asked; null if it could.</param>
internal sealed record ImportAnswer(string Source, ImportVerdict Verdict, string? Reason);
