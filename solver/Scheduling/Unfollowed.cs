namespace Cairn.Solver.Scheduling;

/// <summary>The follower has nothing more to do with the leader's work.</summary>
internal sealed record Unfollowed(object Follower, object Leader) : Command;
