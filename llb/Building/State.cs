using Cairn.Llb.Building.Nodes;
using Cairn.Protos.Pb;

namespace Cairn.Llb.Building;

/// <summary>A file system that a graph describes, with the environment that commands on it run in. Immutable.</summary>
/// <remarks>
/// Start from a source (<see cref="Image"/>, <see cref="Local"/>, <see cref="Git"/>, <see cref="Http"/>, <see cref="OciLayout"/>) or from
/// <see cref="Scratch"/>, change it with <see cref="Run(RunOptions)"/> and <see cref="File"/>, join states with <see cref="Merge(IEnumerable{State}, VertexOptions?)"/> and
/// <see cref="Diff"/>, and turn the last one into a definition with <see cref="Marshal"/>.
/// </remarks>
public sealed partial class State
{
    private State()
    {
    }

    private State(State other)
    {
        Output = other.Output;
        Env = other.Env;
        Directory = other.Directory;
        User = other.User;
        Hostname = other.Hostname;
        ExtraHosts = other.ExtraHosts;
        Ulimits = other.Ulimits;
        CgroupParent = other.CgroupParent;
        Network = other.Network;
        Security = other.Security;
        Platform = other.Platform;
    }

    /// <summary>An empty file system.</summary>
    public static State Scratch { get; } = new();

    /// <summary>Variables in order.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Env { get; private init; } = [];

    /// <summary>Working directory, absolute.</summary>
    public string Directory { get; private init; } = "/";

    /// <summary>User, or user and group with a colon; empty for root.</summary>
    public string User { get; private init; } = "";

    /// <summary>Host name; empty for the default.</summary>
    public string Hostname { get; private init; } = "";

    /// <summary>More lines for /etc/hosts.</summary>
    public IReadOnlyList<HostIP> ExtraHosts { get; private init; } = [];

    /// <summary>Resource limits.</summary>
    public IReadOnlyList<Ulimit> Ulimits { get; private init; } = [];

    /// <summary>Parent cgroup; empty for the default.</summary>
    public string CgroupParent { get; private init; } = "";

    /// <summary>Network of commands.</summary>
    public NetMode Network { get; private init; }

    /// <summary>Security mode of commands.</summary>
    public SecurityMode Security { get; private init; }

    /// <summary>Platform of commands; null for that of the definition.</summary>
    public Platform? Platform { get; private init; }

    /// <summary>Nothing is in it.</summary>
    public bool IsScratch => Output is null;

    /// <summary>The vertex output that holds the files; null for scratch.</summary>
    internal NodeOutput? Output { get; private init; }

    /// <summary>Sets a variable; one of the same name is taken out and the new one is the last.</summary>
    public State WithEnv(string name, string value) =>
        new(this) { Env = [.. Env.Where(pair => pair.Key != name), KeyValuePair.Create(name, value)] };

    /// <summary>Replaces all variables.</summary>
    public State WithEnv(IEnumerable<KeyValuePair<string, string>> variables) => new(this) { Env = [.. variables] };

    /// <summary>Sets the working directory; a relative one starts from the present one.</summary>
    public State WithDirectory(string path) => new(this) { Directory = Resolve(path) };

    /// <summary>Sets the user.</summary>
    public State WithUser(string user) => new(this) { User = user };

    /// <summary>Sets the host name.</summary>
    public State WithHostname(string hostname) => new(this) { Hostname = hostname };

    /// <summary>Adds a line to /etc/hosts.</summary>
    public State WithExtraHost(string host, string address) =>
        new(this) { ExtraHosts = [.. ExtraHosts, new HostIP { Host = host, IP = address }] };

    /// <summary>Adds a resource limit.</summary>
    /// <param name="name">Lower case, without RLIMIT_.</param>
    /// <param name="soft">-1 for unlimited.</param>
    /// <param name="hard">-1 for unlimited.</param>
    public State WithUlimit(string name, long soft, long hard) =>
        new(this) { Ulimits = [.. Ulimits, new Ulimit { Name = name, Soft = soft, Hard = hard }] };

    /// <summary>Sets the parent cgroup.</summary>
    public State WithCgroupParent(string path) => new(this) { CgroupParent = path };

    /// <summary>Sets the network.</summary>
    public State WithNetwork(NetMode network) => new(this) { Network = network };

    /// <summary>Sets the security mode.</summary>
    public State WithSecurity(SecurityMode security) => new(this) { Security = security };

    /// <summary>Sets the platform of commands.</summary>
    public State WithPlatform(Platform? platform) => new(this) { Platform = platform };

    /// <summary>The same files with nothing else: no variables, user or directory.</summary>
    public State FilesOnly() => Scratch.WithOutput(Output);

    /// <summary>This environment over other files.</summary>
    public State WithFilesOf(State other)
    {
        ArgumentNullException.ThrowIfNull(other);
        return WithOutput(other.Output);
    }

    internal State WithOutput(NodeOutput? output) => new(this) { Output = output };

    internal string Resolve(string path) => UnixPath.IsRooted(path) ? UnixPath.Clean(path) : UnixPath.Join("/", Directory, path);
}
