using Cairn.Frontend.Dockerfile.Parsing;

namespace Cairn.Frontend.Dockerfile.Instructions;

/// <summary>Image labels.</summary>
internal sealed record LabelInstruction(InstructionText Text, IReadOnlyList<KeyValue> Labels) : Instruction(Text);
