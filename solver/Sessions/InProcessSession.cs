namespace Cairn.Solver.Sessions;

/// <summary>A client in this process: directories, files and sockets of this machine.</summary>
public sealed class InProcessSession : ISession
{
    private readonly IReadOnlyDictionary<string, ILocalFiles> _files;
    private readonly IReadOnlyDictionary<string, IContentStore> _contents;

    /// <summary>A client that offers these.</summary>
    public InProcessSession(InProcessSessionOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        Id = options.Id;
        Secrets = options.Secrets;
        Credentials = options.Credentials;
        Ssh = options.Ssh;
        Exports = options.Exports;
        Layouts = options.Layouts;
        _contents = new Dictionary<string, IContentStore>(options.Contents, StringComparer.Ordinal);
        _files = new Dictionary<string, ILocalFiles>(options.Files, StringComparer.Ordinal);
    }

    /// <inheritdoc/>
    public string Id { get; }

    /// <inheritdoc/>
    public ISecretSource Secrets { get; }

    /// <inheritdoc/>
    public IRegistryCredentials Credentials { get; }

    /// <inheritdoc/>
    public ISshAgents Ssh { get; }

    /// <inheritdoc/>
    public IExportTarget Exports { get; }

    /// <inheritdoc/>
    public IOciLayouts Layouts { get; }

    /// <inheritdoc/>
    public ILocalFiles? Files(string name) => _files.GetValueOrDefault(name);

    /// <inheritdoc/>
    public IContentStore? Content(string store) => _contents.GetValueOrDefault(store);
}
