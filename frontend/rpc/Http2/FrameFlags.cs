namespace Cairn.Rpc.Http2;

/// <summary>Flags of frames. One bit means different things on different types.</summary>
/// <remarks>Source: RFC 9113, section 6.</remarks>
[Flags]
internal enum FrameFlags : byte
{
    None = 0,
    EndStream = 0x1,
    Ack = EndStream,
    EndHeaders = 0x4,
    Padded = 0x8,
    Priority = 0x20,
}
