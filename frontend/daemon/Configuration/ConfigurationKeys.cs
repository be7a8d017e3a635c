namespace Cairn.Daemon.Configuration;

/// <summary>The keys of the stock daemon's file; <c>*</c> is any name.</summary>
/// <remarks>Source: control-and-status.md, section 24.</remarks>
internal static class ConfigurationKeys
{
    /// <summary>Keys that mean something here.</summary>
    public static IReadOnlyList<string> Used { get; } =
    [
        "root", "insecure-entitlements", "debug", "trace",
        "log.format", "log.level",
        "grpc.address", "grpc.debugAddress", "grpc.uid", "grpc.gid", "grpc.tls.cert", "grpc.tls.key", "grpc.tls.ca",
        "cdi.disabled",
        "history.maxAge", "history.maxEntries",
        "frontend.dockerfile.v0.enabled", "frontend.gateway.v0.enabled", "frontend.gateway.v0.allowedRepositories",
        "worker.oci.enabled", "worker.oci.labels.*", "worker.oci.platforms", "worker.oci.snapshotter", "worker.oci.gc",
        "worker.oci.reservedSpace", "worker.oci.maxUsedSpace", "worker.oci.minFreeSpace", "worker.oci.gckeepstorage",
        "worker.oci.networkMode", "worker.oci.max-parallelism",
        "worker.oci.gcpolicy.all", "worker.oci.gcpolicy.filters", "worker.oci.gcpolicy.keepDuration", "worker.oci.gcpolicy.reservedSpace",
        "worker.oci.gcpolicy.maxUsedSpace", "worker.oci.gcpolicy.minFreeSpace", "worker.oci.gcpolicy.keepBytes",
    ];

    /// <summary>Keys that are understood and have no effect, which is told.</summary>
    public static IReadOnlyList<string> Ignored { get; } =
    [
        "proxyNetwork", "provenanceEnvDir", "grpc.securityDescriptor", "otel.socketPath", "cdi.specDirs", "cdi.autoAllowed",
        "dns.nameservers", "dns.options", "dns.searchDomains",
        "registry.*.mirrors", "registry.*.http", "registry.*.insecure", "registry.*.ca", "registry.*.tlsconfigdir",
        "registry.*.keypair.key", "registry.*.keypair.cert",
        "system.platformsCacheMaxAge", "system.maxRegistryConcurrency",
        "cache.gha.sign.command", "cache.gha.verify.required", "cache.gha.verify.policy.*",
        "worker.oci.rootless", "worker.oci.noProcessSandbox", "worker.oci.cniConfigPath", "worker.oci.cniBinaryPath", "worker.oci.cniPoolSize",
        "worker.oci.bridgeName", "worker.oci.bridgeSubnet", "worker.oci.binary", "worker.oci.proxySnapshotterPath",
        "worker.oci.defaultCgroupParent", "worker.oci.apparmor-profile", "worker.oci.selinux", "worker.oci.stargzSnapshotter.*",
        "worker.containerd.address", "worker.containerd.enabled", "worker.containerd.labels.*", "worker.containerd.platforms",
        "worker.containerd.namespace", "worker.containerd.snapshotter", "worker.containerd.defaultCgroupParent", "worker.containerd.rootless",
        "worker.containerd.apparmor-profile", "worker.containerd.selinux", "worker.containerd.max-parallelism", "worker.containerd.gc",
        "worker.containerd.reservedSpace", "worker.containerd.maxUsedSpace", "worker.containerd.minFreeSpace", "worker.containerd.gckeepstorage",
        "worker.containerd.networkMode", "worker.containerd.cniConfigPath", "worker.containerd.cniBinaryPath", "worker.containerd.cniPoolSize",
        "worker.containerd.gcpolicy.*", "worker.containerd.runtime.name", "worker.containerd.runtime.path", "worker.containerd.runtime.options.*",
    ];

    /// <summary>Whether a path is one of some keys, or inside one that ends in <c>*</c>.</summary>
    public static bool Matches(IReadOnlyList<string> keys, IReadOnlyList<string> path) => keys.Any(key => Matches(key, path));

    private static bool Matches(string key, IReadOnlyList<string> path)
    {
        string[] parts = key.Split('.');

        // Names of frontends have a point in them, which is none of the key.
        string[] flat = [.. path.SelectMany((name, i) => i == 1 && path[0] == "frontend" ? name.Split('.') : [name])];
        if (parts[^1] == "*" ? flat.Length < parts.Length : flat.Length != parts.Length)
        {
            return false;
        }

        return parts.Select((part, i) => part == "*" || part == flat[i]).All(static same => same);
    }
}
