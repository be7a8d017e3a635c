using Cairn.Protos.SshForward;
using Cairn.Rpc.Calls;
using Cairn.Rpc.Client;
using Cairn.Solver.Sessions;
using Cairn.Wire.Headers;
using Cairn.Wire.Methods;

namespace Cairn.Daemon.Sessions;

/// <summary>SSH agents of a client.</summary>
/// <remarks>Source: session.md, section 16.</remarks>
internal sealed class RemoteAgents(RemoteSession session) : ISshAgents
{
    public async Task<bool> HasAsync(string id, CancellationToken cancellationToken)
    {
        try
        {
            await session.CallAsync(SshMethods.CheckAgent, new CheckAgentRequest { ID = id }, RpcCallOptions.None, cancellationToken);
            return true;
        }
        catch (RpcException e) when (!session.IsLost(e))
        {
            return false;   // whatever is wrong with it, it cannot be used
        }
        catch (RpcException e)
        {
            throw await session.FaultAsync(e, "check SSH agent", id);
        }
    }

    public async Task<Stream> ConnectAsync(string id, CancellationToken cancellationToken)
    {
        try
        {
            return new CallStream<ReadOnlyMemory<byte>, ReadOnlyMemory<byte>>(
                await session.BeginAsync(SshMethods.ForwardAgent, new Metadata { { HeaderNames.SshId, id } }, cancellationToken));
        }
        catch (RpcException e)
        {
            throw await session.FaultAsync(e, "connect to SSH agent", id);
        }
    }
}
