using System.Buffers;
using System.Buffers.Binary;

namespace Cairn.Rpc.Calls;

/// <summary>Room for one message with the five octets before it: a flag for compression and the length. Used again for the next message.</summary>
/// <remarks>Source: gRPC, PROTOCOL-HTTP2.md, "Length-Prefixed-Message".</remarks>
internal sealed class MessageFrame : IBufferWriter<byte>
{
    /// <summary>Octets before each message.</summary>
    public const int PrefixSize = 5;

    private const int Kept = 64 << 10;

    private byte[] _array = [];
    private int _length;

    /// <summary>Writes the octets before a message that is not compressed.</summary>
    public static void WritePrefix(Span<byte> destination, int length)
    {
        destination[0] = 0;
        BinaryPrimitives.WriteInt32BigEndian(destination[1..], length);
    }

    /// <summary>A message in its frame, valid until the next one.</summary>
    public ReadOnlyMemory<byte> Fill<T>(T message, Marshaller<T> marshaller)
    {
        if (_array.Length > Kept)
        {
            ArrayPool<byte>.Shared.Return(_array);   // one large message must not keep its memory for the life of the call
            _array = [];
        }

        _length = 0;
        Reserve(PrefixSize);
        _length = PrefixSize;
        marshaller.Write(message, this);
        WritePrefix(_array, _length - PrefixSize);
        return _array.AsMemory(0, _length);
    }

    public void Advance(int count) => _length += count;

    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        Reserve(Math.Max(sizeHint, 1));
        return _array.AsMemory(_length);
    }

    public Span<byte> GetSpan(int sizeHint = 0)
    {
        Reserve(Math.Max(sizeHint, 1));
        return _array.AsSpan(_length);
    }

    private void Reserve(int size)
    {
        if (_array.Length - _length >= size)
        {
            return;
        }

        byte[] larger = ArrayPool<byte>.Shared.Rent(Math.Max(Math.Max(_array.Length * 2, _length + size), 256));
        _array.AsSpan(0, _length).CopyTo(larger);
        if (_array.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(_array);
        }

        _array = larger;
    }
}
