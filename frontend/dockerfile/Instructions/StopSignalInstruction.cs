using Cairn.Frontend.Dockerfile.Parsing;

namespace Cairn.Frontend.Dockerfile.Instructions;

/// <summary>The signal that stops a container.</summary>
internal sealed record StopSignalInstruction(InstructionText Text, string Signal) : Instruction(Text);
