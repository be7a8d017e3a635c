using Cairn.Rpc.Http2;

namespace Cairn.Rpc.Tests.Support;

internal static class Http2TestOptions
{
    public static Http2Options Default { get; } = new()
    {
        Clock = TimeProvider.System,
        MaxStreams = 100,
        StreamWindow = 1 << 20,
        ConnectionWindow = 4 << 20,
        MaxHeaderList = 64 << 10,
        KeepaliveInterval = null,
        KeepaliveTimeout = TimeSpan.FromSeconds(10),
    };
}
