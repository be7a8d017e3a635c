using Cairn.Frontend.Dockerfile.Parsing;

namespace Cairn.Frontend.Dockerfile.Instructions;

/// <summary>Build arguments.</summary>
internal sealed record ArgInstruction(InstructionText Text, IReadOnlyList<KeyValue> Arguments) : Instruction(Text);
