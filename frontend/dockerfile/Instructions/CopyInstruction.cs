using Cairn.Frontend.Dockerfile.Parsing;

namespace Cairn.Frontend.Dockerfile.Instructions;

/// <summary>COPY: from the context, another stage, a named context or an image.</summary>
internal sealed record CopyInstruction(InstructionText Text, CopySources Sources, CopyFlags Flags) : Instruction(Text)
{
    /// <summary>Where from, or null for the build context.</summary>
    public string? From { get; init; }

    /// <summary>Sources keep their parent directories.</summary>
    public bool Parents { get; init; }
}
