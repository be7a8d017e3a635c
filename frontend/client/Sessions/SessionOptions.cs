using System.Security.Cryptography;
using Cairn.Llb.Credentials;
using Cairn.Protos.Exporters;
using Cairn.Protos.PolicySessions;

namespace Cairn.Client.Sessions;

/// <summary>What a session offers to the daemon; nothing unless it is said.</summary>
public sealed record SessionOptions
{
    /// <summary>Names the session; opaque to the daemon.</summary>
    public string Id { get; init; } = RandomNumberGenerator.GetString("0123456789abcdefghijklmnopqrstuvwxyz", 25);

    /// <summary>Names the client's context, so that the next session of the same context sends only what has changed.</summary>
    public string SharedKey { get; init; } = "";

    /// <summary>Directories by the name they have in <c>local://NAME</c>.</summary>
    public IReadOnlyDictionary<string, LocalDirectory> Directories { get; init; } = new Dictionary<string, LocalDirectory>();

    /// <summary>The value of a secret by its id, 500 KiB at most; null from it, or no such function, means that there is none.</summary>
    public Func<string, CancellationToken, Task<byte[]?>>? Secrets { get; init; }

    /// <summary>Sockets of SSH agents by id; the usual id is <c>default</c>.</summary>
    public IReadOnlyDictionary<string, string> SshAgents { get; init; } = new Dictionary<string, string>();

    /// <summary>
    /// The login for a registry by its host, for Docker Hub <c>registry-1.docker.io</c>; null from it means that there is none. Without the function
    /// the daemon asks nobody. <see cref="DockerConfig"/> has one.
    /// </summary>
    public Func<string, CancellationToken, Task<RegistryCredential?>>? Credentials { get; init; }

    /// <summary>Passwords never leave this process: it gets the tokens itself. Otherwise the daemon is given the login.</summary>
    public bool KeepsPasswords { get; init; } = true;

    /// <summary>Streams that the daemon may pull once each, by id: <c>http://buildkit-session/ID</c>.</summary>
    public IReadOnlyDictionary<string, Func<Stream>> Uploads { get; init; } = new Dictionary<string, Func<Stream>>();

    /// <summary>Directories in the form of an image layout by the id of the store, such as <c>oci:NAME</c> or <c>local:DIRECTORY</c>.</summary>
    public IReadOnlyDictionary<string, string> Stores { get; init; } = new Dictionary<string, string>();

    /// <summary>Where results go, by index of the exporter.</summary>
    public IReadOnlyList<ExportDestination> Exports { get; init; } = [];

    /// <summary>Chooses exporters when the result is known.</summary>
    public Func<FindExportersRequest, CancellationToken, Task<FindExportersResponse>>? FindExporters { get; init; }

    /// <summary>Is told what was exported, of whichever exporters.</summary>
    public Func<FinalizeExportRequest, CancellationToken, Task>? FinalizeExport { get; init; }

    /// <summary>Says of each source whether it may be used.</summary>
    public Func<CheckPolicyRequest, CancellationToken, Task<CheckPolicyResponse>>? CheckPolicy { get; init; }

    /// <summary>Time between the daemon's health checks; null means its usual.</summary>
    public TimeSpan? HealthTimeout { get; init; }
}
