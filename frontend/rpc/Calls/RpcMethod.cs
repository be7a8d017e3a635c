namespace Cairn.Rpc.Calls;

/// <summary>One method of a service. Of which kind it is, whoever serves or calls it says.</summary>
/// <param name="Path"><c>/package.Service/Method</c>.</param>
/// <param name="Request">Messages of the caller.</param>
/// <param name="Response">Messages of the server.</param>
/// <typeparam name="TRequest">Message of the caller.</typeparam>
/// <typeparam name="TResponse">Message of the server.</typeparam>
public sealed record RpcMethod<TRequest, TResponse>(string Path, Marshaller<TRequest> Request, Marshaller<TResponse> Response);
