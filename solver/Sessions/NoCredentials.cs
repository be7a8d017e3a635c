using Cairn.Llb.Credentials;

namespace Cairn.Solver.Sessions;

/// <summary>A client without logins.</summary>
public sealed class NoCredentials : IRegistryCredentials
{
    /// <summary>The only one.</summary>
    public static NoCredentials Instance { get; } = new();

    /// <inheritdoc/>
    public Task<RegistryCredential?> GetAsync(string host, CancellationToken cancellationToken) => Task.FromResult<RegistryCredential?>(null);
}
