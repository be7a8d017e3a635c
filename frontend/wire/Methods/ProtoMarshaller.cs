using Cairn.Rpc.Calls;
using Google.Protobuf;

namespace Cairn.Wire.Methods;

/// <summary>Generated messages as messages of calls.</summary>
public static class ProtoMarshaller
{
    /// <summary>The marshaller of one message.</summary>
    /// <param name="parser">The generated parser.</param>
    /// <typeparam name="T">The generated message.</typeparam>
    public static Marshaller<T> Of<T>(MessageParser<T> parser)
        where T : IMessage<T> =>
        new(parser.ParseFrom, static (message, writer) => message.WriteTo(writer));

    /// <summary>A method between two generated messages.</summary>
    /// <param name="path"><c>/package.Service/Method</c>.</param>
    /// <param name="request">Parser of the caller's message.</param>
    /// <param name="response">Parser of the server's message.</param>
    /// <typeparam name="TRequest">The caller's message.</typeparam>
    /// <typeparam name="TResponse">The server's message.</typeparam>
    public static RpcMethod<TRequest, TResponse> Method<TRequest, TResponse>(
        string path, MessageParser<TRequest> request, MessageParser<TResponse> response)
        where TRequest : IMessage<TRequest>
        where TResponse : IMessage<TResponse> =>
        new(path, Of(request), Of(response));

    /// <summary>A method whose messages have one field of octets in both directions; callers and servers use it as a byte stream.</summary>
    /// <param name="path"><c>/package.Service/Method</c>.</param>
    internal static RpcMethod<ReadOnlyMemory<byte>, ReadOnlyMemory<byte>> Bytes(string path) =>
        new(path, RawMarshaller.Octets, RawMarshaller.Octets);
}
