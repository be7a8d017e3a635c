using System.Net;
using System.Net.Sockets;

namespace Cairn.Rpc.Server;

/// <summary>Where a server listens.</summary>
/// <param name="Address">A unix socket or a TCP address; port 0 takes any.</param>
/// <param name="Tls">Null for plain text.</param>
/// <param name="Bound">Called with the path of a unix socket before anybody can connect; the place to set owner and mode. May be null.</param>
public sealed record RpcEndpoint(EndPoint Address, RpcTls? Tls, Action<string>? Bound)
{
    /// <summary>A socket that listens already, given by whoever started the process; null to make one.</summary>
    public Socket? Inherited { get; init; }

    /// <summary>A socket of whoever started the process.</summary>
    public static RpcEndpoint Of(Socket listening, RpcTls? tls)
    {
        ArgumentNullException.ThrowIfNull(listening);
        return new RpcEndpoint(listening.LocalEndPoint!, tls, null) { Inherited = listening };
    }

    /// <summary>A unix socket without further ado. A socket file that nobody listens on any more is replaced.</summary>
    public static RpcEndpoint Unix(string path) => new(new UnixDomainSocketEndPoint(path), null, null);

    /// <summary>A TCP address in plain text.</summary>
    public static RpcEndpoint Tcp(IPEndPoint address) => new(address, null, null);
}
