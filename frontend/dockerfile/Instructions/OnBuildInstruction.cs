using Cairn.Frontend.Dockerfile.Parsing;

namespace Cairn.Frontend.Dockerfile.Instructions;

/// <summary>A trigger for images built on this one.</summary>
internal sealed record OnBuildInstruction(InstructionText Text, string Expression) : Instruction(Text);
