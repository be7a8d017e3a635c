using System.Net.Sockets;
using Cairn.Protos.SshForward;
using Cairn.Rpc.Calls;
using Cairn.Rpc.Server;
using Cairn.Wire.Headers;
using Cairn.Wire.Methods;

namespace Cairn.Client.Sessions;

/// <summary>Lets the daemon talk to SSH agents.</summary>
internal sealed class SshService(IReadOnlyDictionary<string, string> agents)
{
    public void AddTo(RpcServices services)
    {
        services.AddUnary(SshMethods.CheckAgent, (request, _, _) =>
        {
            Find(request.ID);
            return Task.FromResult(new CheckAgentResponse());
        });
        services.Add(SshMethods.ForwardAgent.Path, ForwardAsync);
    }

    private async Task ForwardAsync(ServerCall call, CancellationToken cancellationToken)
    {
        string path = Find(call.RequestHeaders.Find(HeaderNames.SshId) ?? "");
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), cancellationToken);
        }
        catch (SocketException e)
        {
            throw new RpcException(StatusCode.Unavailable, $"the SSH agent at {path} cannot be reached: {e.Message}", e);
        }

        await using var agent = new NetworkStream(socket, ownsSocket: false);
        Stream peer = call.AsByteStream();
        using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Task there = ThereAsync();
        Task back = agent.CopyToAsync(peer, stop.Token);
        await Task.WhenAny(back, there);
        if (!back.IsCompleted && there.IsCompletedSuccessfully)
        {
            await back;   // the last answers; the agent ends when it has nothing to answer any more
        }

        await stop.CancelAsync();
        await Task.WhenAll(there, back).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

        async Task ThereAsync()
        {
            await peer.CopyToAsync(agent, stop.Token);
            socket.Shutdown(SocketShutdown.Send);
        }
    }

    private string Find(string id)
    {
        string name = id.Length == 0 ? "default" : id;
        return agents.TryGetValue(name, out string? path) ? path : throw new RpcException(StatusCode.NotFound, $"unset ssh forward key {name}");
    }
}
