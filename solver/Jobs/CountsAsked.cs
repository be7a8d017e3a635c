using Cairn.Solver.Scheduling;

namespace Cairn.Solver.Jobs;

/// <summary>Somebody wants to know how much the graph holds.</summary>
internal sealed record CountsAsked(TaskCompletionSource<GraphCounts> Answer) : SchedulerEvent;
