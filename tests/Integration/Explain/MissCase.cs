namespace Cairn.Integration.Tests.Explain;

/// <summary>A planted cause of a miss, with a neighbour that looks much like it and must be answered differently.</summary>
/// <param name="Step">Part of the name of the step that is asked about.</param>
/// <param name="Before">Built first, and again before the neighbour.</param>
/// <param name="After">Has the cause.</param>
/// <param name="Cause">The answer: the object <c>cause</c> without hashes and times, as JSON; null if the step must come from the cache.</param>
/// <param name="Neighbour">Has another cause.</param>
/// <param name="OtherCause">The answer to the neighbour.</param>
internal sealed record MissCase(string Step, Variant Before, Variant After, object? Cause, Variant Neighbour, object? OtherCause)
{
    /// <summary>What the steps of the path say, from the one asked about down; null if it is that one alone.</summary>
    public string[]? Path { get; init; }

    /// <summary>The same for the neighbour.</summary>
    public string[]? OtherPath { get; init; }

    /// <summary>Asked about in the neighbour's build, if that is another step.</summary>
    public string? OtherStep { get; init; }
}
