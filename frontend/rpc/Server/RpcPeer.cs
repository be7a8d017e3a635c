using System.Net;
using System.Security.Cryptography.X509Certificates;

namespace Cairn.Rpc.Server;

/// <summary>Who calls.</summary>
/// <param name="Address">Where the connection comes from; null over a stream of somebody else's.</param>
/// <param name="Certificate">What a TLS client has proven to own; null without TLS or without a client certificate.</param>
public sealed record RpcPeer(EndPoint? Address, X509Certificate2? Certificate);
