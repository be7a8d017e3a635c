namespace Cairn.Solver.Debugging;

/// <summary>What the builds of one process wait for.</summary>
/// <param name="Instance">The process's opening of the store.</param>
/// <param name="Process">Its id, where it is known.</param>
/// <param name="Builds">Its builds; none if it has none.</param>
/// <param name="Problem">Why nothing is known of its builds; null if they are known.</param>
public sealed record ProcessWaits(string Instance, int? Process, IReadOnlyList<BuildWaits> Builds, string? Problem);
