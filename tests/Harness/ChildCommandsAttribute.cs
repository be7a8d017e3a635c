namespace Cairn.Tests.Harness;

/// <summary>
/// Marks a static class whose public static methods are commands of the child process: <c>string EmptyTrash(ChildSession, string[])</c> is
/// the command <c>empty-trash</c>, and what it returns is the answer.
/// </summary>
[AttributeUsage(AttributeTargets.Class)]
internal sealed class ChildCommandsAttribute : Attribute;
