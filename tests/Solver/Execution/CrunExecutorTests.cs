namespace Cairn.Solver.Tests.Execution;

public sealed class CrunExecutorTests() : ContainerExecutorTests("crun");
