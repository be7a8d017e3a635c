namespace Cairn.Solver.Tests.Execution;

public sealed class FileOpOnDirectoriesTests() : FileOpTests("native");
