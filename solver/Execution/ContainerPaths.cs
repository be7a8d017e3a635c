namespace Cairn.Solver.Execution;

/// <summary>Where the parts of a container lie, and how they are named.</summary>
internal static class ContainerPaths
{
    /// <summary>Directory of the runtime's own records, below an instance's run directory.</summary>
    public static string State(string runDirectory) => Path.Combine(runDirectory, "runtime");

    /// <summary>Record of the runtime that an instance uses.</summary>
    public static string Runtime(string runDirectory) => Path.Combine(runDirectory, "runtime.json");

    /// <summary>Directory of one container's configuration.</summary>
    public static string Bundle(string runDirectory, string id) => Path.Combine(runDirectory, "bundles", id);

    /// <summary>The parent is a systemd slice, which names its containers after a colon.</summary>
    public static bool IsSlice(string cgroupParent) =>
        cgroupParent.Contains(".slice", StringComparison.Ordinal) && cgroupParent.EndsWith(':');
}
