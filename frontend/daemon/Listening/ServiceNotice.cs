using System.Net.Sockets;
using System.Text;

namespace Cairn.Daemon.Listening;

/// <summary>Tells whoever supervises the process how it stands.</summary>
/// <remarks>Source: sd_notify(3).</remarks>
internal static class ServiceNotice
{
    private const string Variable = "NOTIFY_SOCKET";

    /// <summary>Sends one line such as <c>READY=1</c>; nothing without a supervisor, and nothing is lost if it does not listen.</summary>
    public static void Send(string line)
    {
        if (Environment.GetEnvironmentVariable(Variable) is not { Length: > 1 } path)
        {
            return;
        }

        string address = path[0] == '@' ? '\0' + path[1..] : path;
        using var socket = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
        try
        {
            socket.SendTo(Encoding.UTF8.GetBytes(line), new UnixDomainSocketEndPoint(address));
        }
        catch (SocketException)
        {
            // The supervisor has gone; the daemon serves all the same.
        }
    }
}
