namespace Cairn.Solver.Scheduling;

/// <summary>An input: an output of an earlier vertex of the same job.</summary>
/// <param name="Vertex">Position in the list of the job's vertices, before the consumer's own.</param>
/// <param name="Output">Which output.</param>
internal readonly record struct InputSpec(int Vertex, int Output);
