using System.Buffers.Binary;

namespace Cairn.Rpc.Http2;

/// <summary>The nine octets before every payload.</summary>
/// <param name="Length">Octets of the payload, the header not counted; 24 bits.</param>
/// <param name="Type">What the payload is.</param>
/// <param name="Flags">Their meaning depends on the type.</param>
/// <param name="StreamId">31 bits; 0 is the connection itself.</param>
/// <remarks>Source: RFC 9113, section 4.1.</remarks>
internal readonly record struct FrameHeader(int Length, FrameType Type, FrameFlags Flags, int StreamId)
{
    /// <summary>Octets of a header.</summary>
    public const int Size = 9;

    public static FrameHeader Read(ReadOnlySpan<byte> source) => new(
        (source[0] << 16) | (source[1] << 8) | source[2],
        (FrameType)source[3],
        (FrameFlags)source[4],
        (int)(BinaryPrimitives.ReadUInt32BigEndian(source[5..]) & 0x7FFF_FFFF));

    public void Write(Span<byte> destination)
    {
        destination[0] = (byte)(Length >> 16);
        destination[1] = (byte)(Length >> 8);
        destination[2] = (byte)Length;
        destination[3] = (byte)Type;
        destination[4] = (byte)Flags;
        BinaryPrimitives.WriteInt32BigEndian(destination[5..], StreamId);
    }

    public bool Has(FrameFlags flag) => (Flags & flag) != 0;
}
