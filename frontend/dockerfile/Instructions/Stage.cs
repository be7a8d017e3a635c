using Cairn.Frontend.Dockerfile.Parsing;

namespace Cairn.Frontend.Dockerfile.Instructions;

/// <summary>A FROM and the instructions that follow it.</summary>
/// <param name="Text">The FROM.</param>
/// <param name="BaseName">What it starts from, as written.</param>
/// <param name="Name">The name in lower case, or null.</param>
/// <param name="Platform">The platform flag as written, or null.</param>
/// <param name="Instructions">In order.</param>
internal sealed record Stage(InstructionText Text, string BaseName, string? Name, string? Platform, List<Instruction> Instructions)
{
    /// <summary>The FROM as written, continuations joined.</summary>
    public string Source => Text.Original.Trim();
}
