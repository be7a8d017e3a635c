using Cairn.Solver.Scheduling;

namespace Cairn.Solver.Jobs;

/// <summary>The scheduler ends as soon as no work is outstanding.</summary>
internal sealed record StopRequested : SchedulerEvent;
