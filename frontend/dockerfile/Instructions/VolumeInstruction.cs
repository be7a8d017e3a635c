using Cairn.Frontend.Dockerfile.Parsing;

namespace Cairn.Frontend.Dockerfile.Instructions;

/// <summary>Mount points of the image.</summary>
internal sealed record VolumeInstruction(InstructionText Text, IReadOnlyList<string> Paths) : Instruction(Text);
