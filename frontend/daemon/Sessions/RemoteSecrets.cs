using Cairn.Protos.Secrets;
using Cairn.Rpc.Calls;
using Cairn.Rpc.Client;
using Cairn.Solver.Sessions;
using Cairn.Wire.Methods;

namespace Cairn.Daemon.Sessions;

/// <summary>Secrets of a client.</summary>
/// <remarks>Source: session.md, section 15.</remarks>
internal sealed class RemoteSecrets(RemoteSession session) : ISecretSource
{
    public async Task<byte[]?> GetAsync(string id, CancellationToken cancellationToken)
    {
        try
        {
            GetSecretResponse answer = await session.CallAsync(
                SecretsMethods.GetSecret, new GetSecretRequest { ID = id }, RpcCallOptions.None, cancellationToken);
            return answer.Data.ToByteArray();
        }
        catch (RpcException e) when (e.Status.Code is StatusCode.NotFound or StatusCode.Unimplemented)
        {
            return null;
        }
        catch (RpcException e)
        {
            throw await session.FaultAsync(e, "get secret", id);
        }
    }
}
