namespace Cairn.Llb;

/// <summary>Names of what a definition may ask of a daemon.</summary>
public static class Capabilities
{
    /// <summary>Worker constraints.</summary>
    public const string Constraints = "constraints";

    /// <summary>DiffOp.</summary>
    public const string DiffOp = "diffop";

    /// <summary>ExecOp.</summary>
    public const string ExecMetaBase = "exec.meta.base";

    /// <summary>CDI devices.</summary>
    public const string ExecMetaCdi = "exec.meta.cdi";

    /// <summary>Linux_resources metadata.</summary>
    public const string ExecMetaLinuxResources = "exec.meta.linux.resources";

    /// <summary>Network mode.</summary>
    public const string ExecMetaNetwork = "exec.meta.network";

    /// <summary>Proxy_env.</summary>
    public const string ExecMetaProxyEnv = "exec.meta.proxyenv";

    /// <summary>Security mode.</summary>
    public const string ExecMetaSecurity = "exec.meta.security";

    /// <summary>Daemon sets a default PATH.</summary>
    public const string ExecMetaSetsDefaultPath = "exec.meta.setsdefaultpath";

    /// <summary>Ulimits.</summary>
    public const string ExecMetaUlimit = "exec.meta.ulimit";

    /// <summary>Bind mounts.</summary>
    public const string ExecMountBind = "exec.mount.bind";

    /// <summary>Cache mounts.</summary>
    public const string ExecMountCache = "exec.mount.cache";

    /// <summary>Mount.contentCache.</summary>
    public const string ExecMountCacheContent = "exec.mount.cache.content";

    /// <summary>Cache sharing modes.</summary>
    public const string ExecMountCacheSharing = "exec.mount.cache.sharing";

    /// <summary>Secret mounts.</summary>
    public const string ExecMountSecret = "exec.mount.secret";

    /// <summary>Mount selector.</summary>
    public const string ExecMountSelector = "exec.mount.selector";

    /// <summary>Ssh mounts.</summary>
    public const string ExecMountSsh = "exec.mount.ssh";

    /// <summary>Tmpfs mounts.</summary>
    public const string ExecMountTmpfs = "exec.mount.tmpfs";

    /// <summary>Tmpfs size.</summary>
    public const string ExecMountTmpfsSize = "exec.mount.tmpfs.size";

    /// <summary>Secret environment.</summary>
    public const string ExecSecretEnv = "exec.secretenv";

    /// <summary>ValidExitCodes.</summary>
    public const string ExecValidExitCode = "exec.validexitcode";

    /// <summary>FileOp.</summary>
    public const string FileBase = "file.base";

    /// <summary>MergeOp.</summary>
    public const string MergeOp = "mergeop";

    /// <summary>Description.</summary>
    public const string MetaDescription = "meta.description";

    /// <summary>Export_cache.</summary>
    public const string MetaExportCache = "meta.exportcache";

    /// <summary>Ignore_cache.</summary>
    public const string MetaIgnoreCache = "meta.ignorecache";

    /// <summary>PassthroughOp.</summary>
    public const string PassthroughOp = "passthroughop";

    /// <summary>Platform on ops.</summary>
    public const string Platform = "platform";

    /// <summary>Owner (misspelt id).</summary>
    public const string SourceHttpOwner = "soruce.http.uidgid";

    /// <summary>Git source.</summary>
    public const string SourceGit = "source.git";

    /// <summary>Fetch from bundle blob.</summary>
    public const string SourceGitBundle = "source.git.bundle";

    /// <summary>Bundle as result.</summary>
    public const string SourceGitCheckoutBundle = "source.git.checkoutbundle";

    /// <summary>Commit check.</summary>
    public const string SourceGitChecksum = "source.git.checksum";

    /// <summary>Fetch by commit.</summary>
    public const string SourceGitFetchByCommit = "source.git.fetchbycommit";

    /// <summary>Attribute git.fullurl.</summary>
    public const string SourceGitFullUrl = "source.git.fullurl";

    /// <summary>Http auth secrets.</summary>
    public const string SourceGitHttpAuth = "source.git.httpauth";

    /// <summary>Keep .git.</summary>
    public const string SourceGitKeepDir = "source.git.keepgitdir";

    /// <summary>Known hosts attribute.</summary>
    public const string SourceGitKnownSshHosts = "source.git.knownsshhosts";

    /// <summary>Ssh agent attribute.</summary>
    public const string SourceGitMountSshSock = "source.git.mountsshsock";

    /// <summary>Commit times.</summary>
    public const string SourceGitMtime = "source.git.mtime";

    /// <summary>No submodules.</summary>
    public const string SourceGitSkipSubmodules = "source.git.skipsubmodules";

    /// <summary>Http source.</summary>
    public const string SourceHttp = "source.http";

    /// <summary>Auth secrets.</summary>
    public const string SourceHttpAuth = "source.http.auth";

    /// <summary>Checksum.</summary>
    public const string SourceHttpChecksum = "source.http.checksum";

    /// <summary>Extra headers.</summary>
    public const string SourceHttpHeader = "source.http.header";

    /// <summary>Permission.</summary>
    public const string SourceHttpPerm = "source.http.perm";

    /// <summary>PGP verification.</summary>
    public const string SourceHttpSignatureVerify = "source.http.signatureverify";

    /// <summary>Docker-image source.</summary>
    public const string SourceImage = "source.image";

    /// <summary>Attribute image.checksum.</summary>
    public const string SourceImageChecksum = "source.image.checksum";

    /// <summary>Attribute image.layerlimit.</summary>
    public const string SourceImageLayerLimit = "source.image.layerlimit";

    /// <summary>Attribute image.resolvemode.</summary>
    public const string SourceImageResolveMode = "source.image.resolvemode";

    /// <summary>Blob sources.</summary>
    public const string SourceImageBlob = "source.imageblob";

    /// <summary>Local source.</summary>
    public const string SourceLocal = "source.local";

    /// <summary>Attribute local.differ.</summary>
    public const string SourceLocalDiffer = "source.local.differ";

    /// <summary>Exclude patterns.</summary>
    public const string SourceLocalExcludePatterns = "source.local.excludepatterns";

    /// <summary>Follow paths.</summary>
    public const string SourceLocalFollowPaths = "source.local.followpaths";

    /// <summary>Include patterns.</summary>
    public const string SourceLocalIncludePatterns = "source.local.includepatterns";

    /// <summary>Metadata-only transfer.</summary>
    public const string SourceLocalMetadataTransfer = "source.local.metadatatransfer";

    /// <summary>Attribute local.session.</summary>
    public const string SourceLocalSessionId = "source.local.sessionid";

    /// <summary>Shared key hint.</summary>
    public const string SourceLocalSharedKeyHint = "source.local.sharedkeyhint";

    /// <summary>Attribute local.unique.</summary>
    public const string SourceLocalUnique = "source.local.unique";

    /// <summary>Oci-layout source.</summary>
    public const string SourceOciLayout = "source.ocilayout";

    /// <summary>All that a definition may name and that is announced to clients, in ordinal order.</summary>
    public static IReadOnlyList<string> ForDefinitions { get; } =
    [
        "cache.azblob", "cache.gha", "cache.s3", "constraints", "diffop", "exec.cgroup", "exec.meta.base", "exec.meta.cdi",
        "exec.meta.cgroup.parent", "exec.meta.linux.resources", "exec.meta.network", "exec.meta.network.proxy", "exec.meta.proxyenv",
        "exec.meta.security", "exec.meta.security.devices.v1", "exec.meta.setsdefaultpath", "exec.meta.ulimit", "exec.mount.bind",
        "exec.mount.cache", "exec.mount.cache.content", "exec.mount.cache.sharing", "exec.mount.secret", "exec.mount.selector",
        "exec.mount.ssh", "exec.mount.tmpfs", "exec.mount.tmpfs.size", "exec.secretenv", "exec.validexitcode",
        "exporter.image.annotations", "exporter.image.attestations", "exporter.multiple", "exporter.session", "exporter.sourcedateepoch",
        "file.base", "file.copy.alwaysreplaceexistingdestpaths", "file.copy.includeexcludepatterns", "file.copy.requiredpaths",
        "file.rm.nofollowsymlink", "file.rm.wildcard", "file.symlink.create", "gc.freespacefilter", "history.filter", "mergeop",
        "meta.description", "meta.exportcache", "meta.ignorecache", "passthroughop", "platform", "soruce.http.uidgid",
        "source.buildop.llbfilename", "source.git", "source.git.bundle", "source.git.checkoutbundle", "source.git.checksum",
        "source.git.fetchbycommit", "source.git.fullurl", "source.git.httpauth", "source.git.keepgitdir", "source.git.knownsshhosts",
        "source.git.mountsshsock", "source.git.mtime", "source.git.signatureverify", "source.git.skipsubmodules", "source.git.subdir",
        "source.http", "source.http.auth", "source.http.checksum", "source.http.header", "source.http.perm",
        "source.http.signatureverify", "source.image", "source.image.checksum", "source.image.layerlimit", "source.image.resolvemode",
        "source.imageblob", "source.local", "source.local.differ", "source.local.excludepatterns", "source.local.followpaths",
        "source.local.includepatterns", "source.local.metadatatransfer", "source.local.sessionid", "source.local.sharedkeyhint",
        "source.local.unique", "source.ocilayout", "source.policy", "source.policy.session",
    ];

    /// <summary>All that a frontend may use of its gateway and that is announced to it, in ordinal order.</summary>
    public static IReadOnlyList<string> ForFrontends { get; } =
    [
        "frontend.caps", "frontend.inputs", "gateway.evaluate", "gateway.exec", "gateway.exec.extrahosts", "gateway.exec.filesystem",
        "gateway.exec.secretenv", "gateway.exec.signals", "gateway.solve.evaluate", "gateway.solve.metadata", "gateway.warnings",
        "importcaches", "proto.refarray", "readdir", "readfile", "reference.attestations", "reference.output", "resolveimage",
        "resolveimage.resolvemode", "return", "returnmap", "solve.base", "solve.inlinereturn", "source.metaresolver",
        "source.metaresolver.http.checksumrequest", "source.metaresolver.image.attestations", "statfile",
    ];

    private static readonly HashSet<string> KnownInDefinitions =
        new([.. ForDefinitions, "exec.meta.removemountstubs.recursive", "file.copy.modestring"], StringComparer.Ordinal);

    /// <summary>Whether a definition may name a capability; two may be named that are not announced.</summary>
    public static bool IsKnown(string id) => KnownInDefinitions.Contains(id);
}
