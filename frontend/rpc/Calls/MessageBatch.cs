using System.Buffers;

namespace Cairn.Rpc.Calls;

/// <summary>
/// Messages of one call in their frames, to be sent in one go. Between <see cref="Begin"/> and <see cref="End"/> it takes the octets of one
/// message. Used again after <see cref="Clear"/>.
/// </summary>
/// <remarks>For one thread at a time.</remarks>
public sealed class MessageBatch : IBufferWriter<byte>, IDisposable
{
    private byte[] _array = [];
    private int _message;   // where the open message's frame begins

    /// <summary>Octets of the messages with their frames.</summary>
    public int Length { get; private set; }

    internal ReadOnlyMemory<byte> Frames => _array.AsMemory(0, Length);

    /// <summary>Begins a message.</summary>
    public void Begin()
    {
        _message = Length;
        Reserve(MessageFrame.PrefixSize);
        Length += MessageFrame.PrefixSize;
    }

    /// <summary>Ends the message.</summary>
    public void End() => MessageFrame.WritePrefix(_array.AsSpan(_message), Length - _message - MessageFrame.PrefixSize);

    /// <summary>Appends one message.</summary>
    public void Add<T>(T message, Marshaller<T> marshaller)
    {
        ArgumentNullException.ThrowIfNull(marshaller);
        Begin();
        marshaller.Write(message, this);
        End();
    }

    /// <summary>Empties it.</summary>
    public void Clear() => Length = 0;

    /// <summary>Takes back everything behind a length that it had when no message was open.</summary>
    public void Truncate(int length) => Length = length;

    /// <inheritdoc/>
    public void Advance(int count) => Length += count;

    /// <inheritdoc/>
    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        Reserve(Math.Max(sizeHint, 1));
        return _array.AsMemory(Length);
    }

    /// <inheritdoc/>
    public Span<byte> GetSpan(int sizeHint = 0)
    {
        Reserve(Math.Max(sizeHint, 1));
        return _array.AsSpan(Length);
    }

    /// <summary>Gives its memory back; it may not be used any more.</summary>
    public void Dispose()
    {
        if (_array.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(_array);
            _array = [];
            Length = 0;
        }
    }

    private void Reserve(int size)
    {
        if (_array.Length - Length >= size)
        {
            return;
        }

        byte[] larger = ArrayPool<byte>.Shared.Rent(Math.Max(Math.Max(_array.Length * 2, Length + size), 4096));
        _array.AsSpan(0, Length).CopyTo(larger);
        if (_array.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(_array);
        }

        _array = larger;
    }
}
