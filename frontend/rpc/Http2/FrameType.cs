namespace Cairn.Rpc.Http2;

/// <summary>Kinds of frames.</summary>
/// <remarks>Source: RFC 9113, section 6.</remarks>
internal enum FrameType : byte
{
    Data = 0,
    Headers = 1,
    Priority = 2,
    RstStream = 3,
    Settings = 4,
    PushPromise = 5,
    Ping = 6,
    GoAway = 7,
    WindowUpdate = 8,
    Continuation = 9,
}
