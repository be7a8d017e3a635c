using Cairn.Frontend.Dockerfile.Parsing;

namespace Cairn.Frontend.Dockerfile.Instructions;

/// <summary>A Dockerfile understood.</summary>
/// <param name="Source">The file.</param>
/// <param name="Lines">The instructions as cut from the file.</param>
/// <param name="GlobalArguments">The ARG instructions before the first FROM.</param>
/// <param name="Stages">In order; at least one.</param>
internal sealed record ParsedDockerfile(
    SourceText Source,
    DockerfileLines Lines,
    IReadOnlyList<ArgInstruction> GlobalArguments,
    IReadOnlyList<Stage> Stages);
