namespace Cairn.Solver.Tests.Execution;

public sealed class ExecOpOnDirectoriesTests() : ExecOpTests("native");
