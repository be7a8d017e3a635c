using Cairn.Protos.Control;
using Cairn.Rpc.Calls;
using Google.Protobuf;

namespace Cairn.Daemon.Control;

/// <summary>The methods of <c>moby.buildkit.v1.Control</c>.</summary>
internal static class ControlMethods
{
    public static RpcMethod<InfoRequest, InfoResponse> Info { get; } = Of("Info", InfoRequest.Parser, InfoResponse.Parser);

    public static RpcMethod<ListWorkersRequest, ListWorkersResponse> ListWorkers { get; } =
        Of("ListWorkers", ListWorkersRequest.Parser, ListWorkersResponse.Parser);

    private static RpcMethod<TRequest, TResponse> Of<TRequest, TResponse>(
        string name, MessageParser<TRequest> request, MessageParser<TResponse> response)
        where TRequest : IMessage<TRequest>
        where TResponse : IMessage<TResponse> =>
        new($"/moby.buildkit.v1.Control/{name}", Marshal(request), Marshal(response));

    private static Marshaller<T> Marshal<T>(MessageParser<T> parser)
        where T : IMessage<T> =>
        new(octets => parser.ParseFrom(octets), static (message, writer) => message.WriteTo(writer));
}
