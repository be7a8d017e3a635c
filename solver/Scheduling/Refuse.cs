namespace Cairn.Solver.Scheduling;

/// <summary>A want cannot be met.</summary>
internal sealed record Refuse(WantId Want, Exception Error) : Command;
