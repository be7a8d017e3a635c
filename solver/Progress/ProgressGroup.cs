namespace Cairn.Solver.Progress;

/// <summary>Vertices that are shown as one line.</summary>
/// <param name="Id">Equal id, same line.</param>
/// <param name="Name">The line.</param>
/// <param name="Weak">The group's name is only used if the group has several vertices.</param>
public sealed record ProgressGroup(string Id, string Name, bool Weak);
