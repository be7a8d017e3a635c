namespace Cairn.Solver.Execution;

/// <summary>Which capabilities a process gets.</summary>
/// <remarks>Source: capabilities(7); the sandbox set is the one that container engines give by default.</remarks>
internal static class Capabilities
{
    private const string DeviceFiles = "CAP_MKNOD";

    /// <summary>Capabilities of an ordinary step.</summary>
    private static readonly string[] SandboxSet =
    [
        "CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_FSETID", "CAP_FOWNER", "CAP_MKNOD", "CAP_NET_RAW", "CAP_SETGID", "CAP_SETUID",
        "CAP_SETFCAP", "CAP_SETPCAP", "CAP_NET_BIND_SERVICE", "CAP_SYS_CHROOT", "CAP_KILL", "CAP_AUDIT_WRITE",
    ];

    // In the order of their bits in the kernel.
    private static readonly string[] All =
    [
        "CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_DAC_READ_SEARCH", "CAP_FOWNER", "CAP_FSETID", "CAP_KILL", "CAP_SETGID", "CAP_SETUID",
        "CAP_SETPCAP", "CAP_LINUX_IMMUTABLE", "CAP_NET_BIND_SERVICE", "CAP_NET_BROADCAST", "CAP_NET_ADMIN", "CAP_NET_RAW", "CAP_IPC_LOCK",
        "CAP_IPC_OWNER", "CAP_SYS_MODULE", "CAP_SYS_RAWIO", "CAP_SYS_CHROOT", "CAP_SYS_PTRACE", "CAP_SYS_PACCT", "CAP_SYS_ADMIN",
        "CAP_SYS_BOOT", "CAP_SYS_NICE", "CAP_SYS_RESOURCE", "CAP_SYS_TIME", "CAP_SYS_TTY_CONFIG", "CAP_MKNOD", "CAP_LEASE",
        "CAP_AUDIT_WRITE", "CAP_AUDIT_CONTROL", "CAP_SETFCAP", "CAP_MAC_OVERRIDE", "CAP_MAC_ADMIN", "CAP_SYSLOG", "CAP_WAKE_ALARM",
        "CAP_BLOCK_SUSPEND", "CAP_AUDIT_READ", "CAP_PERFMON", "CAP_BPF", "CAP_CHECKPOINT_RESTORE",
    ];

    /// <summary>The capabilities of an ordinary step.</summary>
    /// <param name="devicesControlled">A device control group guards device files; without one, creating them would give the machine's disks away.</param>
    public static IEnumerable<string> Sandbox(bool devicesControlled) =>
        devicesControlled ? SandboxSet : SandboxSet.Where(name => name != DeviceFiles);

    /// <summary>The capabilities whose bits are set in a mask such as <c>CapEff</c> of <c>/proc/self/status</c>.</summary>
    public static IEnumerable<string> OfMask(ulong mask) => All.Where((_, bit) => (mask >> bit & 1) != 0);
}
