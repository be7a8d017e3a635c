using Cairn.Frontend.Dockerfile.Parsing;

namespace Cairn.Frontend.Dockerfile.Instructions;

/// <summary>One instruction of a stage, understood but not expanded.</summary>
/// <param name="Text">What it was read from.</param>
internal abstract record Instruction(InstructionText Text)
{
    /// <summary>The instruction as written, continuations joined.</summary>
    public string Source => Text.Original.Trim();

    /// <summary>The name in upper case.</summary>
    public string Name => Text.Keyword.ToUpperInvariant();

    /// <summary>It came from a trigger of the base image and not from this Dockerfile.</summary>
    public bool IsTriggered { get; init; }
}
