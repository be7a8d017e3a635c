using System.Net.Sockets;

namespace Cairn.Rpc.Tests.Support;

/// <summary>Two ends of a real unix socket.</summary>
internal static class SocketPair
{
    public static (NetworkStream Client, NetworkStream Server) Open()
    {
        string path = Path.Combine(Path.GetTempPath(), $"cairn-rpc-{Guid.NewGuid():N}.sock");
        using var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        listener.Bind(new UnixDomainSocketEndPoint(path));
        listener.Listen(1);
        Socket client = Connect(path);
        return (new NetworkStream(client, ownsSocket: true), new NetworkStream(listener.Accept(), ownsSocket: true));
    }

    public static Socket Connect(string path)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        socket.Connect(new UnixDomainSocketEndPoint(path));
        return socket;
    }
}
