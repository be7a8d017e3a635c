using Cairn.Frontend.Dockerfile.Parsing;

namespace Cairn.Frontend.Dockerfile.Instructions;

/// <summary>Ports of the image, not yet expanded.</summary>
internal sealed record ExposeInstruction(InstructionText Text, IReadOnlyList<string> Ports) : Instruction(Text);
