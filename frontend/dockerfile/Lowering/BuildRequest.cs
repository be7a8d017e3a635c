using Cairn.Frontend.Dockerfile.Contexts;
using Cairn.Frontend.Dockerfile.Expansion;
using Cairn.Frontend.Dockerfile.Instructions;
using Cairn.Frontend.Dockerfile.Linting;
using Cairn.Llb;

namespace Cairn.Frontend.Dockerfile.Lowering;

/// <summary>Everything that the lowering for one platform starts from.</summary>
internal sealed record BuildRequest
{
    public required IDockerfileHost Host { get; init; }
    public required FrontendOptions Options { get; init; }
    public required ParsedDockerfile Dockerfile { get; init; }
    public required MainContext MainContext { get; init; }
    public required Linter Linter { get; init; }
    public required Platform BuildPlatform { get; init; }
    public required Platform TargetPlatform { get; init; }

    /// <summary>The target platform was asked for, not assumed.</summary>
    public required bool IsPlatformAsked { get; init; }

    /// <summary>Step names carry the platform.</summary>
    public required bool ShowsPlatform { get; init; }

    /// <summary>The global arguments and the platform arguments, expanded.</summary>
    public required VariableList Globals { get; init; }

    /// <summary>Seconds since 1970 that stand for every time of creation, or null.</summary>
    public required long? Epoch { get; init; }

    public char Escape => Dockerfile.Lines.Directives.Escape;
}
