namespace Cairn.Solver.Scheduling;

/// <summary>One request of a job for the result of an edge.</summary>
internal sealed record Want(WantId Id, JobNode Job, EdgeNode Edge);
