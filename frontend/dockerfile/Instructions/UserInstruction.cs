using Cairn.Frontend.Dockerfile.Parsing;

namespace Cairn.Frontend.Dockerfile.Instructions;

/// <summary>The user, perhaps with a group.</summary>
internal sealed record UserInstruction(InstructionText Text, string User) : Instruction(Text);
