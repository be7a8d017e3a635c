namespace Cairn.Solver.Tests.Execution;

public sealed class RuncExecutorTests() : ContainerExecutorTests("runc");
