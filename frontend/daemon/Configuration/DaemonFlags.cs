using System.Globalization;
using System.Text;

namespace Cairn.Daemon.Configuration;

/// <summary>The flags of the stock daemon.</summary>
/// <remarks>Source: control-and-status.md, section 23.</remarks>
internal static class DaemonFlags
{
    /// <summary>All of them.</summary>
    public static IReadOnlyList<DaemonFlag> All { get; } =
    [
        new("config", false, "configuration file (default: /etc/buildkit/buildkitd.toml)"),
        new("root", false, "directory of the store (default: /var/lib/cairn)"),
        new("addr", false, "listen address, repeatable: unix://PATH, tcp://HOST:PORT, fd:// (default: unix:///run/buildkit/buildkitd.sock)"),
        new("group", false, "group of unix sockets, by name or number"),
        new("tlscert", false, "certificate of listeners on TCP (PEM)"),
        new("tlskey", false, "its private key (PEM)"),
        new("tlscacert", false, "roots (PEM): clients must show a certificate of theirs"),
        new("debug", true, "log level debug"),
        new("trace", true, "log level trace"),
        new("log-level", false, "panic, fatal, error, warn, info, debug, trace (also $BUILDKITD_LOG_LEVEL)"),
        new("log-format", false, "text or json"),
        new("debugaddr", false, "HOST:PORT of metrics and other pages for operators (also $BUILDKITD_DEBUGADDR)"),
        new("allow-insecure-entitlement", false, "right that builds may be granted, repeatable: network.host, security.insecure, device"),
        Ignored("proxy-network", true),
        Ignored("otel-socket-path"),
        new("cdi-disabled", true, "no devices"),
        Ignored("cdi-spec-dir"),
        Ignored("save-cache-debug", true),
        Ignored("rootless", true),
        new("oci-worker", false, "true or auto; there is no other worker"),
        new("oci-worker-labels", false, "NAME=VALUE, repeatable"),
        new("oci-worker-snapshotter", false, "auto, overlayfs, native"),
        Ignored("oci-worker-proxy-snapshotter-path"),
        new("oci-worker-platform", false, "platform that the worker says it has, repeatable"),
        new("oci-worker-net", false, "auto or host"),
        Ignored("oci-cni-config-path"),
        Ignored("oci-cni-binary-dir"),
        Ignored("oci-cni-pool-size"),
        Ignored("oci-worker-binary"),
        Ignored("oci-worker-apparmor-profile"),
        Ignored("oci-worker-selinux", true),
        Ignored("oci-worker-rootless", true),
        Ignored("oci-worker-no-process-sandbox", true),
        new("oci-max-parallelism", false, "steps at the same time, 0 is the engine's own limit"),
        new("oci-worker-gc", true, "keep the cache within its limits (default: true)"),
        new("oci-worker-gc-keepstorage", false, "RESERVED[,FREE[,MAXIMUM]] in megabytes"),
        Ignored("containerd-worker"),
        Ignored("containerd-worker-addr"),
        Ignored("containerd-worker-labels"),
        Ignored("containerd-worker-platform"),
        Ignored("containerd-worker-namespace"),
        Ignored("containerd-worker-runtime"),
        Ignored("containerd-worker-net"),
        Ignored("containerd-worker-snapshotter"),
        Ignored("containerd-worker-apparmor-profile"),
        Ignored("containerd-worker-selinux", true),
        Ignored("containerd-worker-rootless", true),
        Ignored("containerd-worker-gc", true),
        Ignored("containerd-worker-gc-keepstorage"),
        Ignored("containerd-cni-config-path"),
        Ignored("containerd-cni-binary-dir"),
        Ignored("containerd-cni-pool-size"),
        Ignored("containerd-max-parallelism"),
        new("version", true, "print the version"),
        new("help", true, "print this"),
    ];

    /// <summary>All of them as a page for people.</summary>
    public static string Help()
    {
        var text = new StringBuilder("Usage: cairn daemon [flags]\n\nServes builds to BuildKit clients. Understands the flags and the file of buildkitd.\n\n");
        foreach (DaemonFlag flag in All.Where(static flag => !flag.IsIgnored))
        {
            text.Append(CultureInfo.InvariantCulture, $"  --{flag.Name,-28} {flag.Text}\n");
        }

        text.Append("\nUnderstood, without effect: ");
        return text.AppendJoin(", ", All.Where(static flag => flag.IsIgnored).Select(static flag => "--" + flag.Name)).Append('\n').ToString();
    }

    private static DaemonFlag Ignored(string name, bool isSwitch = false) => new(name, isSwitch, "") { IsIgnored = true };
}
