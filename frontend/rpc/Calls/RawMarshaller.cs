using System.Buffers;

namespace Cairn.Rpc.Calls;

/// <summary>Messages left as they are, for those who pass them on.</summary>
public static class RawMarshaller
{
    /// <summary>A copy of the octets of a message.</summary>
    public static Marshaller<ReadOnlyMemory<byte>> Octets { get; } =
        new(static octets => octets.ToArray(), static (message, writer) => writer.Write(message.Span));
}
