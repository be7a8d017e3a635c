using System.Net.Sockets;
using Cairn.Llb;

namespace Cairn.Solver.Sessions;

/// <summary>SSH agents by the path of their sockets on this machine.</summary>
/// <param name="sockets">Id to path.</param>
public sealed class SshSockets(IReadOnlyDictionary<string, string> sockets) : ISshAgents
{
    /// <summary>No agents.</summary>
    public static SshSockets None { get; } = new(new Dictionary<string, string>());

    /// <inheritdoc/>
    public Task<bool> HasAsync(string id, CancellationToken cancellationToken) => Task.FromResult(sockets.ContainsKey(id));

    /// <inheritdoc/>
    public async Task<Stream> ConnectAsync(string id, CancellationToken cancellationToken)
    {
        if (!sockets.TryGetValue(id, out string? path))
        {
            throw new BuildException(
                ErrorKind.Input, string.Empty, string.Empty, $"no SSH key \"{id}\" forwarded from the client", $"Forward it with --ssh {id}.");
        }

        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), cancellationToken);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch (SocketException e)
        {
            socket.Dispose();
            throw new BuildException(
                ErrorKind.Environment, "connect to SSH agent", path, e.Message, "See whether the agent runs: ssh-add -l.", e);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
