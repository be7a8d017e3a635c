using Cairn.Frontend.Dockerfile.Parsing;

namespace Cairn.Frontend.Dockerfile.Instructions;

/// <summary>Environment variables.</summary>
internal sealed record EnvInstruction(InstructionText Text, IReadOnlyList<KeyValue> Variables) : Instruction(Text);
