namespace Cairn.Solver.Scheduling;

/// <summary>A job brings vertices, inputs before their consumers. May come more than once for a job.</summary>
internal sealed record JobLoaded(JobId Job, IReadOnlyList<VertexSpec> Vertices) : SchedulerEvent;
