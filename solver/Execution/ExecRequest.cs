using Cairn.Protos.Pb;

namespace Cairn.Solver.Execution;

/// <summary>One process: what it sees and what it may.</summary>
public sealed record ExecRequest
{
    /// <summary>Directory on this host that becomes <c>/</c>.</summary>
    public required string RootPath { get; init; }

    /// <summary>The root cannot be written, apart from the mounts.</summary>
    public bool IsReadOnlyRoot { get; init; }

    /// <summary>Mounts below the root, parents before their children.</summary>
    public IReadOnlyList<ExecMount> Mounts { get; init; } = [];

    /// <summary>The program and its arguments; at least one.</summary>
    public required IReadOnlyList<string> Arguments { get; init; }

    /// <summary><c>NAME=value</c>, complete.</summary>
    public IReadOnlyList<string> Environment { get; init; } = [];

    /// <summary>Absolute path in the tree; made if it is missing.</summary>
    public string WorkingDirectory { get; init; } = "/";

    /// <summary><c>user[:group]</c>, names or numbers; empty is root.</summary>
    public string User { get; init; } = string.Empty;

    /// <summary>Name of the machine as the process sees it; empty is the default.</summary>
    public string HostName { get; init; } = string.Empty;

    /// <summary>More lines for <c>/etc/hosts</c>.</summary>
    public IReadOnlyList<HostIP> ExtraHosts { get; init; } = [];

    /// <summary>Which network the process has.</summary>
    public NetMode Network { get; init; }

    /// <summary>Sandboxed or not; the right to the latter is checked before.</summary>
    public SecurityMode Security { get; init; }

    /// <summary>Limits of the process.</summary>
    public IReadOnlyList<Ulimit> Ulimits { get; init; } = [];

    /// <summary>Parent of the process's cgroup; empty is the default.</summary>
    public string CgroupParent { get; init; } = string.Empty;

    /// <summary>Limits of memory and CPU; null if there are none.</summary>
    public LinuxResources? Resources { get; init; }

    /// <summary>Directories that were made only to mount something below them are removed too.</summary>
    public bool RemovesStubsRecursively { get; init; }
}
