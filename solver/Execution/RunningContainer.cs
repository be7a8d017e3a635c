namespace Cairn.Solver.Execution;

/// <summary>A container that a process runs in, for those who want to start more in it.</summary>
/// <param name="Runtime">What runs it.</param>
/// <param name="Plan">Its first process.</param>
internal sealed record RunningContainer(ContainerRuntime Runtime, ContainerPlan Plan);
