namespace Cairn.Solver.Sessions;

/// <summary>What a client in this process offers; nothing unless it is said.</summary>
public sealed record InProcessSessionOptions
{
    /// <summary>The session's id; a fresh one for each build.</summary>
    public required string Id { get; init; }

    /// <summary>Directories by the name they have in <c>local://NAME</c>.</summary>
    public IReadOnlyDictionary<string, ILocalFiles> Files { get; init; } = new Dictionary<string, ILocalFiles>();

    /// <summary>Secrets.</summary>
    public ISecretSource Secrets { get; init; } = SecretValues.None;

    /// <summary>Logins.</summary>
    public IRegistryCredentials Credentials { get; init; } = NoCredentials.Instance;

    /// <summary>SSH agents.</summary>
    public ISshAgents Ssh { get; init; } = SshSockets.None;

    /// <summary>Where results go.</summary>
    public IExportTarget Exports { get; init; } = new ExportPaths([]);

    /// <summary>Image layouts.</summary>
    public IOciLayouts Layouts { get; init; } = LayoutDirectories.None;

    /// <summary>Stores of blobs by id: <c>local:DIRECTORY</c>.</summary>
    public IReadOnlyDictionary<string, IContentStore> Contents { get; init; } = new Dictionary<string, IContentStore>();
}
