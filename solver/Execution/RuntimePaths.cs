namespace Cairn.Solver.Execution;

/// <summary>Paths of /proc and /sys that an ordinary step must not see or write.</summary>
/// <remarks>The lists are those that container engines apply by default; a path this kernel lacks is ignored by the runtime.</remarks>
internal static class RuntimePaths
{
    /// <summary>Covered by an empty file or directory.</summary>
    public static IReadOnlyList<string> Masked { get; } =
    [
        "/proc/acpi", "/proc/asound", "/proc/interrupts", "/proc/kcore", "/proc/keys", "/proc/latency_stats", "/proc/sched_debug",
        "/proc/scsi", "/proc/timer_list", "/proc/timer_stats", "/sys/devices/virtual/powercap", "/sys/firmware",
    ];

    /// <summary>Visible, but not writable.</summary>
    public static IReadOnlyList<string> ReadOnly { get; } =
        ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"];
}
