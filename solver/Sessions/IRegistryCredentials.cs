using Cairn.Llb.Credentials;

namespace Cairn.Solver.Sessions;

/// <summary>The client's logins.</summary>
public interface IRegistryCredentials
{
    /// <summary>The login for a registry; null if the client has none.</summary>
    /// <param name="host">Host with port where it has one, for Docker Hub <c>docker.io</c>.</param>
    /// <param name="cancellationToken">Stops asking.</param>
    Task<RegistryCredential?> GetAsync(string host, CancellationToken cancellationToken);

    /// <summary>A token that the client fetches itself; null if it leaves that to who holds its login, which is then asked for.</summary>
    Task<RegistryToken?> FetchTokenAsync(TokenRequest request, CancellationToken cancellationToken) => Task.FromResult<RegistryToken?>(null);
}
