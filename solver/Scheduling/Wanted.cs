using Cairn.Llb;

namespace Cairn.Solver.Scheduling;

/// <summary>A job wants the result of an edge. Answered by <see cref="Deliver"/> or <see cref="Refuse"/>, unless it is dropped before.</summary>
internal sealed record Wanted(WantId Want, JobId Job, Digest Vertex, int Output) : SchedulerEvent;
