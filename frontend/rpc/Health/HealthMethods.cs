using System.Buffers;
using System.Text;
using Cairn.Rpc.Calls;

namespace Cairn.Rpc.Health;

/// <summary>The methods of <c>grpc.health.v1.Health</c>. A request is the name of a service, "" for the whole server.</summary>
public static class HealthMethods
{
    private static readonly Marshaller<string> Request = new(ReadRequest, WriteRequest);
    private static readonly Marshaller<ServingStatus> Response = new(ReadResponse, WriteResponse);

    /// <summary>How a service is.</summary>
    public static RpcMethod<string, ServingStatus> Check { get; } = new("/grpc.health.v1.Health/Check", Request, Response);

    /// <summary>How a service is, and again whenever that changes.</summary>
    public static RpcMethod<string, ServingStatus> Watch { get; } = new("/grpc.health.v1.Health/Watch", Request, Response);

    private static string ReadRequest(ReadOnlySequence<byte> message)
    {
        string service = "";
        var reader = new SequenceReader<byte>(message);
        while (WireFields.TryNext(ref reader, out int field, out _, out ReadOnlySequence<byte> octets))
        {
            service = field == 1 ? Encoding.UTF8.GetString(octets) : service;
        }

        return service;
    }

    private static void WriteRequest(string service, IBufferWriter<byte> writer)
    {
        if (service.Length == 0)
        {
            return;
        }

        byte[] text = Encoding.UTF8.GetBytes(service);
        Span<byte> head = writer.GetSpan(6);
        head[0] = 0x0A;   // field 1, octets
        writer.Advance(1 + WireFields.WriteNumber(head[1..], (uint)text.Length));
        writer.Write(text);
    }

    private static ServingStatus ReadResponse(ReadOnlySequence<byte> message)
    {
        var status = ServingStatus.Unknown;
        var reader = new SequenceReader<byte>(message);
        while (WireFields.TryNext(ref reader, out int field, out ulong number, out _))
        {
            status = field == 1 ? (ServingStatus)number : status;
        }

        return status;
    }

    private static void WriteResponse(ServingStatus status, IBufferWriter<byte> writer)
    {
        Span<byte> octets = writer.GetSpan(2);
        octets[0] = 0x08;   // field 1, number
        octets[1] = (byte)status;
        writer.Advance(2);
    }
}
