using Cairn.Llb.Credentials;
using Cairn.Solver.Sessions;

namespace Cairn.Solver.Registry;

/// <summary>The logins of docker's configuration as those of a client in this process.</summary>
public sealed class DockerCredentials(DockerConfig config) : IRegistryCredentials
{
    /// <inheritdoc/>
    public Task<RegistryCredential?> GetAsync(string host, CancellationToken cancellationToken) => config.GetAsync(host, cancellationToken);
}
