using System.Runtime.CompilerServices;
using Cairn.Rpc.Calls;
using Cairn.Rpc.Client;

namespace Cairn.Client;

/// <summary>Calls with one message there and any number back.</summary>
internal static class Streams
{
    public static async IAsyncEnumerable<TResponse> ReadAsync<TRequest, TResponse>(
        RpcChannel channel, RpcMethod<TRequest, TResponse> method, TRequest request, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await using ClientCall<TRequest, TResponse> call = await channel.BeginAsync(method, RpcCallOptions.None, cancellationToken);
        await call.Requests.WriteAsync(request, cancellationToken);
        await call.Requests.CompleteAsync(cancellationToken);
        while (await call.Responses.MoveNextAsync(cancellationToken))
        {
            yield return call.Responses.Current;
        }
    }
}
