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

    private byte[] _array = new byte[256];
    private int _length;

    /// <summary>A message in its frame, valid until the next one.</summary>
    public ReadOnlyMemory<byte> Fill<T>(T message, Marshaller<T> marshaller)
    {
        Begin();
        marshaller.Write(message, this);
        return End();
    }

    /// <summary>Starts a message that is written piece by piece.</summary>
    public void Begin()
    {
        if (_array.Length > Kept)
        {
            _array = new byte[Kept];   // one large message must not keep its memory for the life of the call
        }

        _length = PrefixSize;
    }

    /// <summary>The frame of what was written since <see cref="Begin"/>.</summary>
    public ReadOnlyMemory<byte> End()
    {
        _array[0] = 0;
        BinaryPrimitives.WriteInt32BigEndian(_array.AsSpan(1), _length - PrefixSize);
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
        if (_array.Length - _length < size)
        {
            Array.Resize(ref _array, Math.Max(_array.Length * 2, _length + size));
        }
    }
}
