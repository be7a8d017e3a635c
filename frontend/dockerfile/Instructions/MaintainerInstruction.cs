using Cairn.Frontend.Dockerfile.Parsing;

namespace Cairn.Frontend.Dockerfile.Instructions;

/// <summary>The author; deprecated.</summary>
internal sealed record MaintainerInstruction(InstructionText Text, string Author) : Instruction(Text);
