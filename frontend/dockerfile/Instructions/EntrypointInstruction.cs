using Cairn.Frontend.Dockerfile.Parsing;

namespace Cairn.Frontend.Dockerfile.Instructions;

/// <summary>The entry point of the image.</summary>
internal sealed record EntrypointInstruction(InstructionText Text, CommandLine Command) : Instruction(Text);
