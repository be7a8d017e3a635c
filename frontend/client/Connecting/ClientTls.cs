using System.Security.Cryptography.X509Certificates;

namespace Cairn.Client.Connecting;

/// <summary>What a client trusts, and what it shows.</summary>
/// <param name="Authorities">Roots one of which must stand behind the daemon's certificate; null means those of this machine.</param>
/// <param name="Certificate">The client's own, with its private key; null if the daemon wants none.</param>
/// <param name="ServerName">The name in the daemon's certificate; null means the host of the address.</param>
public sealed record ClientTls(X509Certificate2Collection? Authorities, X509Certificate2? Certificate, string? ServerName)
{
    /// <summary>From files of PEM; each may be null.</summary>
    /// <param name="authorities">Roots.</param>
    /// <param name="certificate">The client's certificate.</param>
    /// <param name="key">Its private key.</param>
    /// <param name="serverName">See <see cref="ServerName"/>.</param>
    public static ClientTls FromFiles(string? authorities, string? certificate, string? key, string? serverName)
    {
        X509Certificate2Collection? roots = null;
        if (authorities is not null)
        {
            roots = [];
            roots.ImportFromPemFile(authorities);
        }

        return new ClientTls(roots, certificate is null ? null : X509Certificate2.CreateFromPemFile(certificate, key), serverName);
    }
}
