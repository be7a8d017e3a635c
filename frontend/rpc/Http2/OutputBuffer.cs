using System.Buffers;

namespace Cairn.Rpc.Http2;

/// <summary>Frames that wait for the next write. Its memory is rented and goes back when there is much of it and nothing waits.</summary>
internal sealed class OutputBuffer : IBufferWriter<byte>
{
    private const int Kept = 16 << 10;

    private byte[] _array = ArrayPool<byte>.Shared.Rent(Kept);

    /// <summary>Octets that wait.</summary>
    public int Length { get; private set; }

    public ReadOnlyMemory<byte> Memory => _array.AsMemory(0, Length);

    /// <summary>A part of what waits, to be overwritten in place.</summary>
    public Span<byte> Slice(int start, int length) => _array.AsSpan(start, length);

    public void Advance(int count) => Length += count;

    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        Reserve(Math.Max(sizeHint, 1));
        return _array.AsMemory(Length);
    }

    public Span<byte> GetSpan(int sizeHint = 0)
    {
        Reserve(Math.Max(sizeHint, 1));
        return _array.AsSpan(Length);
    }

    /// <summary>Appends the header of a frame whose payload follows.</summary>
    public void WriteHeader(FrameHeader header)
    {
        header.Write(GetSpan(FrameHeader.Size));
        Length += FrameHeader.Size;
    }

    /// <summary>Appends octets.</summary>
    public void Write(ReadOnlySpan<byte> octets)
    {
        octets.CopyTo(GetSpan(octets.Length));
        Length += octets.Length;
    }

    /// <summary>Forgets everything.</summary>
    public void Clear()
    {
        Length = 0;
        if (_array.Length > 4 * Kept)
        {
            ArrayPool<byte>.Shared.Return(_array);
            _array = ArrayPool<byte>.Shared.Rent(Kept);
        }
    }

    private void Reserve(int size)
    {
        if (_array.Length - Length >= size)
        {
            return;
        }

        byte[] larger = ArrayPool<byte>.Shared.Rent(Math.Max(_array.Length * 2, Length + size));
        _array.AsSpan(0, Length).CopyTo(larger);
        ArrayPool<byte>.Shared.Return(_array);
        _array = larger;
    }
}
