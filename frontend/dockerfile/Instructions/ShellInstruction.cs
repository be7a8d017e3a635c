using Cairn.Frontend.Dockerfile.Parsing;

namespace Cairn.Frontend.Dockerfile.Instructions;

/// <summary>The shell of the shell forms that follow.</summary>
internal sealed record ShellInstruction(InstructionText Text, IReadOnlyList<string> Shell) : Instruction(Text);
