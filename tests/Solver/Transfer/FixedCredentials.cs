using Cairn.Llb.Credentials;
using Cairn.Solver.Sessions;

namespace Cairn.Solver.Tests.Transfer;

internal sealed class FixedCredentials(RegistryCredential? credential) : IRegistryCredentials
{
    public static FixedCredentials None => new(null);

    public List<string> Asked { get; } = [];

    public Task<RegistryCredential?> GetAsync(string host, CancellationToken cancellationToken)
    {
        lock (Asked)
        {
            Asked.Add(host);
        }

        return Task.FromResult(credential);
    }
}
