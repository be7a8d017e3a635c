namespace Cairn.Solver.Tests.Scheduling;

/// <summary>Something that must never happen has happened.</summary>
internal sealed class SimulationFailure(string message, Exception? inner = null) : Exception(message, inner);
