namespace Cairn.Solver.Scheduling;

/// <summary>A vertex now belongs to a job as well.</summary>
/// <param name="Vertex">Payload of the vertex.</param>
/// <param name="Job">The job.</param>
/// <param name="Brought">Payload of the equal vertex that the job brought; the same object if the job was the first.</param>
internal sealed record Joined(object Vertex, JobId Job, object Brought) : Command;
