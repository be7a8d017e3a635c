using Cairn.Solver.Debugging;
using Cairn.Solver.Scheduling;

namespace Cairn.Solver.Jobs;

/// <summary>Somebody wants to read the wait graph.</summary>
internal sealed record GraphAsked(TaskCompletionSource<IReadOnlyList<BuildWaits>> Answer) : SchedulerEvent;
