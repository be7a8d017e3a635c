namespace Cairn.Rpc.Http2;

/// <summary>A fault of the peer after which the connection cannot go on.</summary>
internal sealed class Http2ConnectionException(Http2ErrorCode code, string reason) : Exception(reason)
{
    public Http2ErrorCode Code => code;
}
