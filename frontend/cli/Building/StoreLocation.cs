using Cairn.Llb;

namespace Cairn.Cli.Building;

/// <summary>Where the store and its runtime files are.</summary>
/// <param name="Root">The store.</param>
/// <param name="RunRoot">Runtime files; gone after a boot.</param>
internal sealed record StoreLocation(string Root, string RunRoot)
{
    /// <summary>The place of the store that a command works on.</summary>
    /// <param name="root">--root, or null for the default.</param>
    /// <exception cref="BuildException">Environment: the process lacks the rights that mounts and containers need.</exception>
    public static StoreLocation For(string? root)
    {
        if (!Environment.IsPrivilegedProcess)
        {
            throw new BuildException(
                ErrorKind.Environment, "", "", "cairn needs root: mounts and containers without root (rootless) are missing in this version",
                remedy: "Run it with sudo.");
        }

        return new StoreLocation(root is null ? DefaultRoot(privileged: true) : Path.GetFullPath(root), DefaultRunRoot(privileged: true));
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
