using Cairn.Frontend.Dockerfile.Parsing;

namespace Cairn.Frontend.Dockerfile.Instructions;

/// <summary>ADD: like COPY from the context, and remote files, repositories and archives.</summary>
internal sealed record AddInstruction(InstructionText Text, CopySources Sources, CopyFlags Flags) : Instruction(Text)
{
    /// <summary>Keep the .git directory; null when not said.</summary>
    public bool? KeepGitDirectory { get; init; }

    /// <summary>What the remote source must have, or null.</summary>
    public string? Checksum { get; init; }

    /// <summary>Unpack archives; null is yes for local and no for remote ones.</summary>
    public bool? Unpack { get; init; }
}
