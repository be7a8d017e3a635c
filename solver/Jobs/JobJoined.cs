using Cairn.Solver.Scheduling;

namespace Cairn.Solver.Jobs;

/// <summary>A build brings vertices: what the graph is told, together with the build.</summary>
internal sealed record JobJoined(BuildJob Build, JobLoaded Loaded) : SchedulerEvent;
