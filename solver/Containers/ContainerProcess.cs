using Cairn.Protos.Pb;

namespace Cairn.Solver.Containers;

/// <summary>A process in a container.</summary>
public sealed record ContainerProcess
{
    /// <summary>The program and its arguments.</summary>
    public required IReadOnlyList<string> Arguments { get; init; }

    /// <summary><c>NAME=value</c>; a path and, at a terminal, its type are added if they are missing.</summary>
    public IReadOnlyList<string> Environment { get; init; } = [];

    /// <summary>Variables whose values the client has.</summary>
    public IReadOnlyList<SecretEnv> Secrets { get; init; } = [];

    /// <summary>Where it begins; empty is the root.</summary>
    public string WorkingDirectory { get; init; } = "";

    /// <summary><c>user[:group]</c>; empty is root.</summary>
    public string User { get; init; } = "";

    /// <summary>What it may; the right to more is checked.</summary>
    public SecurityMode Security { get; init; }

    /// <summary>Directories that were made only to mount something below them are removed too.</summary>
    public bool RemovesStubsRecursively { get; init; }
}
