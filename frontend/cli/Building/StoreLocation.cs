using Cairn.Llb;
using Cairn.Solver;

namespace Cairn.Cli.Building;

/// <summary>Where the store and its runtime files are.</summary>
/// <param name="Root">The store.</param>
/// <param name="RunRoot">Runtime files; gone after a boot.</param>
/// <param name="AdditionalStores">Other stores to look into, in this order.</param>
internal sealed record StoreLocation(string Root, string RunRoot, IReadOnlyList<string> AdditionalStores)
{
    private const string AdditionalVariable = "CAIRN_ADDITIONAL_STORES";

    /// <summary>How a solver over it is set up.</summary>
    public SolverOptions Options => new() { Root = Root, RunRoot = RunRoot, AdditionalStores = AdditionalStores };

    /// <summary>The place of the store that a command works on, with the additional stores of the environment.</summary>
    /// <param name="root">--root, or null for the default.</param>
    /// <exception cref="BuildException">Environment: the process lacks the rights that mounts and containers need.</exception>
    public static StoreLocation For(string? root) => For(root, []);

    /// <summary>The place of the store that a command works on.</summary>
    /// <param name="root">--root, or null for the default.</param>
    /// <param name="additional">--additional-store; those of $CAIRN_ADDITIONAL_STORES, a list with colons, come after them.</param>
    /// <exception cref="BuildException">Environment: the process lacks the rights that mounts and containers need.</exception>
    public static StoreLocation For(string? root, IReadOnlyList<string> additional)
    {
        if (!Environment.IsPrivilegedProcess)
        {
            throw new BuildException(
                ErrorKind.Environment, "", "", "cairn needs root: mounts and containers without root (rootless) are missing in this version",
                remedy: "Run it with sudo.");
        }

        string[] fromEnvironment = (Environment.GetEnvironmentVariable(AdditionalVariable) ?? "").Split(':', StringSplitOptions.RemoveEmptyEntries);
        return new StoreLocation(
            root is null ? DefaultRoot(privileged: true) : Path.GetFullPath(root), DefaultRunRoot(privileged: true),
            [.. additional.Concat(fromEnvironment).Select(Path.GetFullPath)]);
    }

    internal static string DefaultRoot(bool privileged) => privileged
        ? "/var/lib/cairn"
        : Path.Combine(
            Environment.GetEnvironmentVariable("XDG_DATA_HOME") is { Length: > 0 } data
                ? data
                : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".local", "share"),
            "cairn");

    internal static string DefaultRunRoot(bool privileged) => privileged
        ? "/run/cairn"
        : Path.Combine(Environment.GetEnvironmentVariable("XDG_RUNTIME_DIR") is { Length: > 0 } run ? run : Path.GetTempPath(), "cairn");
}
