using Cairn.Protos.Secrets;
using Cairn.Rpc.Calls;
using Cairn.Rpc.Server;
using Cairn.Wire.Methods;
using Google.Protobuf;

namespace Cairn.Client.Sessions;

/// <summary>Gives secrets to the daemon.</summary>
internal sealed class SecretsService(Func<string, CancellationToken, Task<byte[]?>> secrets)
{
    private const int MaxBytes = 500 * 1024;   // session.md, section 15

    public void AddTo(RpcServices services) => services.AddUnary(SecretsMethods.GetSecret, GetAsync);

    private async Task<GetSecretResponse> GetAsync(GetSecretRequest request, ServerCall call, CancellationToken cancellationToken)
    {
        byte[] value = await secrets(request.ID, cancellationToken)
            ?? throw new RpcException(StatusCode.NotFound, $"secret {request.ID} not found");
        return value.Length <= MaxBytes
            ? new GetSecretResponse { Data = UnsafeByteOperations.UnsafeWrap(value) }
            : throw new RpcException(StatusCode.InvalidArgument, $"secret {request.ID} is larger than {MaxBytes} bytes");
    }
}
