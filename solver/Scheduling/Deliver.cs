namespace Cairn.Solver.Scheduling;

/// <summary>A want has its result. The receiver takes a claim of its own now: the graph may release its own at any time after.</summary>
internal sealed record Deliver(WantId Want, ResultId Result) : Command;
