using Cairn.Protos.Pb;

namespace Cairn.Llb.Building;

/// <summary>A command and what it gets beyond the state it runs on.</summary>
public sealed record RunOptions
{
    /// <summary>Program and arguments; no shell is added.</summary>
    public required IReadOnlyList<string> Arguments { get; init; }

    /// <summary>Variables for this command only.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Env { get; init; } = [];

    /// <summary>Working directory for this command only, relative to the state's.</summary>
    public string? Directory { get; init; }

    /// <summary>User for this command only.</summary>
    public string? User { get; init; }

    /// <summary>The command cannot change the root.</summary>
    public bool HasReadOnlyRoot { get; init; }

    /// <summary>Mounts beside the root.</summary>
    public IReadOnlyList<RunMount> Mounts { get; init; } = [];

    /// <summary>Secrets.</summary>
    public IReadOnlyList<RunSecret> Secrets { get; init; } = [];

    /// <summary>Sockets to ssh agents.</summary>
    public IReadOnlyList<RunSshSocket> SshSockets { get; init; } = [];

    /// <summary>More lines for /etc/hosts.</summary>
    public IReadOnlyList<HostIP> ExtraHosts { get; init; } = [];

    /// <summary>More resource limits.</summary>
    public IReadOnlyList<Ulimit> Ulimits { get; init; } = [];

    /// <summary>Network; null for the state's.</summary>
    public NetMode? Network { get; init; }

    /// <summary>Security mode; null for the state's.</summary>
    public SecurityMode? Security { get; init; }

    /// <summary>Proxies; they do not enter the cache key.</summary>
    public ProxyEnv? Proxy { get; init; }

    /// <summary>Exit codes that are a success; empty for 0 only.</summary>
    public IReadOnlyList<int> ValidExitCodes { get; init; } = [];

    /// <summary>CDI devices.</summary>
    public IReadOnlyList<CDIDevice> Devices { get; init; } = [];

    /// <summary>What can be said of any operation.</summary>
    public VertexOptions Options { get; init; } = VertexOptions.None;
}
