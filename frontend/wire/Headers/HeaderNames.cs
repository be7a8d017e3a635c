namespace Cairn.Wire.Headers;

/// <summary>Names of the metadata that calls of the protocols carry.</summary>
/// <remarks>Source: session.md and gateway.md.</remarks>
public static class HeaderNames
{
    /// <summary>Control.Session: id of the session.</summary>
    public const string SessionId = "x-docker-expose-session-uuid";

    /// <summary>Control.Session: what names the client's context across sessions; may be empty.</summary>
    public const string SessionSharedKey = "x-docker-expose-session-sharedkey";

    /// <summary>Control.Session: one value for each method that the client serves, <c>/package.Service/Method</c>.</summary>
    public const string SessionMethod = "x-docker-expose-session-grpc-method";

    /// <summary>Control.Session: decimal milliseconds between health checks.</summary>
    public const string SessionHealthTimeout = "x-buildkit-session-health-custom-timeout";

    /// <summary>FileSync: name of the local source.</summary>
    public const string DirectoryName = "dir-name";

    /// <summary>FileSync: include patterns, in order.</summary>
    public const string IncludePatterns = "include-patterns";

    /// <summary>FileSync: exclude patterns, in order.</summary>
    public const string ExcludePatterns = "exclude-patterns";

    /// <summary>FileSync: paths to follow, in order.</summary>
    public const string FollowPaths = "followpaths";

    /// <summary>FileSend: decimal index of the exporter in the request; none means 0.</summary>
    public const string ExporterId = "buildkit-attachable-exporter-id";

    /// <summary>FileSend of one file: what stands before each key of the exporter's response.</summary>
    public const string ExporterMetadataPrefix = "exporter-md-";

    /// <summary>FileSend of a directory: <c>1</c> if one call carries all platforms.</summary>
    public const string ExporterMultiPlatform = "buildkit-exporter-multi-platform";

    /// <summary>SSH.ForwardAgent: id of the agent; none means <c>default</c>.</summary>
    public const string SshId = "buildkit.ssh.id";

    /// <summary>Upload.Pull: path of the URL.</summary>
    public const string UploadPath = "urlpath";

    /// <summary>Upload.Pull: host of the URL.</summary>
    public const string UploadHost = "urlhost";

    /// <summary>Content over a session: which store.</summary>
    public const string StoreId = "buildkit-attachable-store-id";

    /// <summary>LLBBridge: which build the client drives.</summary>
    public const string BuildId = "buildkit-controlapi-buildid";

    /// <summary>Control.Solve: <c>1</c> if the build goes on when its client is gone. Only this house's daemon knows it.</summary>
    public const string Detach = "cairn-detach";
}
