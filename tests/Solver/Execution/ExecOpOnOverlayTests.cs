namespace Cairn.Solver.Tests.Execution;

public sealed class ExecOpOnOverlayTests() : ExecOpTests("overlay");
