using System.Security.Cryptography.X509Certificates;

namespace Cairn.Rpc.Server;

/// <summary>How a listener proves who it is, and whom it lets in.</summary>
/// <param name="Certificate">The server's, with its private key.</param>
/// <param name="Chain">Certificates between it and the root that clients know; may be empty.</param>
/// <param name="ClientAuthorities">Roots one of which must stand behind each client's certificate; null lets everybody in.</param>
public sealed record RpcTls(X509Certificate2 Certificate, X509Certificate2Collection Chain, X509Certificate2Collection? ClientAuthorities);
