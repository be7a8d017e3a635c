namespace Cairn.Solver.Execution;

/// <summary>One way of running OCI containers that was seen to work on this machine.</summary>
/// <param name="Name">Name of the program, for messages.</param>
/// <param name="Program">Absolute path of the program.</param>
/// <param name="Cgroups">It puts containers into control groups; limits and the control of devices depend on that.</param>
/// <param name="HidesHybrid">Every call runs in a mount namespace where the unified hierarchy beside version 1 is covered: crun refuses both at once.</param>
/// <param name="Filter">The compiled system call filter in base64, handed to crun with each container; null if the runtime compiles it each time.</param>
internal sealed record ContainerRuntime(string Name, string Program, bool Cgroups, bool HidesHybrid, string? Filter)
{
    /// <summary>Where the unified hierarchy is mounted beside those of version 1.</summary>
    public const string HybridMount = "/sys/fs/cgroup/unified";

    private const string Hide = $"mount -t tmpfs none {HybridMount} && exec \"$0\" \"$@\"";

    /// <summary>The command line of one call.</summary>
    /// <param name="stateRoot">Directory of the runtime's own records.</param>
    /// <param name="arguments">The runtime's command with its arguments, global options first.</param>
    public IReadOnlyList<string> Command(string stateRoot, params IReadOnlyList<string> arguments)
    {
        List<string> command = [];
        if (HidesHybrid)
        {
            command.AddRange(["unshare", "--mount", "--propagation", "slave", "/bin/sh", "-c", Hide]);
        }

        command.AddRange([Program, "--root", stateRoot]);
        if (!Cgroups && Name == RuntimeNames.Crun)
        {
            command.Add("--cgroup-manager=disabled");
        }

        command.AddRange(arguments);
        return command;
    }
}
