namespace Cairn.Rpc.Http2;

/// <summary>Settings that one end tells the other.</summary>
/// <remarks>Source: RFC 9113, section 6.5.2.</remarks>
internal enum SettingId : ushort
{
    HeaderTableSize = 1,
    EnablePush = 2,
    MaxConcurrentStreams = 3,
    InitialWindowSize = 4,
    MaxFrameSize = 5,
    MaxHeaderListSize = 6,
}
