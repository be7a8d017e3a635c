using System.Net.Sockets;
using Cairn.Llb;
using Cairn.Solver.Sessions;

namespace Cairn.Solver.Execution;

/// <summary>A socket that passes each connection on to an SSH agent of the client.</summary>
internal sealed class SshForwarder : IDisposable
{
    private readonly Socket _listener;
    private readonly ISshAgents _agents;
    private readonly string _id;
    private readonly CancellationTokenSource _ended = new();

    private SshForwarder(Socket listener, ISshAgents agents, string id) => (_listener, _agents, _id) = (listener, agents, id);

    /// <summary>Begins to listen.</summary>
    /// <param name="path">Where the socket goes; removed with the directory it lies in.</param>
    /// <param name="agents">The client's agents.</param>
    /// <param name="id">Which of them.</param>
    public static SshForwarder Listen(string path, ISshAgents agents, string id)
    {
        var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            listener.Bind(new UnixDomainSocketEndPoint(path));
            listener.Listen();
        }
        catch
        {
            listener.Dispose();
            throw;
        }

        var forwarder = new SshForwarder(listener, agents, id);
        _ = forwarder.AcceptAsync();
        return forwarder;
    }

    /// <summary>Ends all connections.</summary>
    public void Dispose()
    {
        _ended.Cancel();
        _listener.Dispose();
        _ended.Dispose();
    }

    private async Task AcceptAsync()
    {
        CancellationToken ended = _ended.Token;
        while (!ended.IsCancellationRequested)
        {
            try
            {
                Socket connection = await _listener.AcceptAsync(ended);
                _ = ForwardAsync(connection, ended);
            }
            catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException or SocketException)
            {
                return;   // the step has ended
            }
        }
    }

    /// <summary>A connection that fails is closed: the program that asked the agent tells its user.</summary>
    private async Task ForwardAsync(Socket connection, CancellationToken ended)
    {
        using var inside = new NetworkStream(connection, ownsSocket: true);
        try
        {
            using Stream agent = await _agents.ConnectAsync(_id, ended);
            await Task.WhenAny(inside.CopyToAsync(agent, ended), agent.CopyToAsync(inside, ended));
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or ObjectDisposedException or BuildException)
        {
            return;
        }
    }
}
