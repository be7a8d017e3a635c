using Cairn.Frontend.Dockerfile.Parsing;

namespace Cairn.Frontend.Dockerfile.Instructions;

/// <summary>A command that makes a layer.</summary>
/// <param name="Text">What it was read from.</param>
/// <param name="Command">The command and its here-documents.</param>
/// <param name="Mounts">The mount flags as written; their values may hold variables.</param>
/// <param name="Network"><c>default</c>, <c>none</c> or <c>host</c>.</param>
/// <param name="Security"><c>sandbox</c> or <c>insecure</c>.</param>
internal sealed record RunInstruction(
    InstructionText Text,
    CommandLine Command,
    IReadOnlyList<MountFlag> Mounts,
    string Network,
    string Security) : Instruction(Text);
