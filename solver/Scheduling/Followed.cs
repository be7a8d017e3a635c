namespace Cairn.Solver.Scheduling;

/// <summary>The work on the leader is also that of the follower: its progress is shown under both.</summary>
internal sealed record Followed(object Follower, object Leader) : Command;
