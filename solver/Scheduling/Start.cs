namespace Cairn.Solver.Scheduling;

/// <summary>Work is to begin.</summary>
internal abstract record Start(WorkId Work, object Vertex) : Command;
