using Cairn.Frontend.Dockerfile.Parsing;

namespace Cairn.Frontend.Dockerfile.Instructions;

/// <summary>The default command of the image.</summary>
internal sealed record CmdInstruction(InstructionText Text, CommandLine Command) : Instruction(Text);
