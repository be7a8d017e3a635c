namespace Cairn.Solver.Sessions;

/// <summary>
/// What one build may ask of its client. In this process it is served from directories, files and the environment; a remote client serves it
/// over its session tunnel.
/// </summary>
public interface ISession
{
    /// <summary>Stands in <c>local.session</c> of local sources, so that builds of different clients stay different vertices.</summary>
    string Id { get; }

    /// <summary>Secrets: the values of <c>--secret</c>.</summary>
    ISecretSource Secrets { get; }

    /// <summary>Logins for registries.</summary>
    IRegistryCredentials Credentials { get; }

    /// <summary>Forwarded SSH agents.</summary>
    ISshAgents Ssh { get; }

    /// <summary>Where results go that the client wants to have.</summary>
    IExportTarget Exports { get; }

    /// <summary>Image layouts on the client's side, for <c>oci-layout://</c>.</summary>
    IOciLayouts Layouts { get; }

    /// <summary>A directory of the client by the name it has in <c>local://NAME</c>; null if the client does not offer one of that name.</summary>
    ILocalFiles? Files(string name);

    /// <summary>A store of blobs at the client: <c>local:DIRECTORY</c>; null if it has none of that id. Whether a remote client has it shows when it is asked.</summary>
    IContentStore? Content(string store) => null;

    /// <summary>A directory that the client sends; null if it sends none. Whether it has one of this name shows when it is asked.</summary>
    ISentFiles? SentFiles(string name) => null;

    /// <summary>The bytes of <c>http://buildkit-session/ID</c>, which can be read once; null if the client has none. A remote one tells by an <see cref="IOException"/>.</summary>
    Task<Stream?> OpenUploadAsync(Uri address, CancellationToken cancellationToken) => Task.FromResult<Stream?>(null);
}
