using Cairn.Solver.Scheduling;

namespace Cairn.Solver.Jobs;

/// <summary>Somebody wants to see the keys of a build's vertices.</summary>
internal sealed record KeysAsked(JobId Job, TaskCompletionSource<IReadOnlyList<KeyedEdge>> Answer) : SchedulerEvent;
