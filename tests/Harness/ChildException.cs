namespace Cairn.Tests.Harness;

/// <summary>A command of a child process threw, or the child is gone.</summary>
/// <param name="kind">Name of the exception's type there; "Ended" if there is no child any more.</param>
/// <param name="message">What it said.</param>
internal sealed class ChildException(string kind, string message) : Exception(message)
{
    public string Kind { get; } = kind;
}
