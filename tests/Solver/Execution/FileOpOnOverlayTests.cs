namespace Cairn.Solver.Tests.Execution;

public sealed class FileOpOnOverlayTests() : FileOpTests("overlay");
