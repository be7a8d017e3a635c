using Cairn.Frontend.Dockerfile.Parsing;

namespace Cairn.Frontend.Dockerfile.Instructions;

/// <summary>The working directory.</summary>
internal sealed record WorkdirInstruction(InstructionText Text, string Path) : Instruction(Text);
