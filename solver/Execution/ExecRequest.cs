using Cairn.Protos.Pb;

namespace Cairn.Solver.Execution;

/// <summary>One process: what runs, as whom, what it sees and what it may.</summary>
public sealed record ExecRequest
{
    /// <summary>Directory on this host that becomes <c>/</c>. Mount points that it lacks are made for the run and removed again.</summary>
    public required string RootPath { get; init; }

    /// <summary>The process cannot write to its root, apart from the mounts.</summary>
    public bool IsReadOnlyRoot { get; init; }

    /// <summary>Further mounts in any order; the last one of a destination counts.</summary>
    public IReadOnlyList<ExecMount> Mounts { get; init; } = [];

    /// <summary>The program and its arguments; at least one.</summary>
    public required IReadOnlyList<string> Arguments { get; init; }

    /// <summary><c>NAME=value</c>, complete: nothing is inherited from this process.</summary>
    public IReadOnlyList<string> Environment { get; init; } = [];

    /// <summary>Absolute path in the tree; made for the user if it is missing.</summary>
    public string WorkingDirectory { get; init; } = "/";

    /// <summary><c>user[:group]</c>, names or numbers; empty is root.</summary>
    public string User { get; init; } = string.Empty;

    /// <summary>Name of the machine as the process sees it; empty is <c>buildkitsandbox</c>.</summary>
    public string HostName { get; init; } = string.Empty;

    /// <summary>More lines for <c>/etc/hosts</c>.</summary>
    public IReadOnlyList<HostIP> ExtraHosts { get; init; } = [];

    /// <summary>Unset and host are this machine's network; none has a loopback device only. The right to the host's is checked before.</summary>
    public NetMode Network { get; init; }

    /// <summary>Insecure has all capabilities and devices of this process; the right to it is checked before.</summary>
    public SecurityMode Security { get; init; }

    /// <summary>Limits of the process, as <c>setrlimit</c> has them.</summary>
    public IReadOnlyList<Ulimit> Ulimits { get; init; } = [];

    /// <summary>Parent of the process's cgroup; empty is the root.</summary>
    public string CgroupParent { get; init; } = string.Empty;

    /// <summary>Limits of memory and CPU; null if there are none.</summary>
    public LinuxResources? Resources { get; init; }

    /// <summary>Most processes and threads at a time; null if there is no limit.</summary>
    public long? MostProcesses { get; init; }

    /// <summary>What it has as its standard streams.</summary>
    public ConsoleUse Console { get; init; }

    /// <summary>Directories that were made only to mount something below them are removed too.</summary>
    public bool RemovesStubsRecursively { get; init; }
}
