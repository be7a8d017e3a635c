namespace Cairn.Rpc.Http2;

/// <summary>One stream has ended before its time; the connection goes on.</summary>
/// <param name="code">What the RST_STREAM says.</param>
/// <param name="isRemote">True if the peer has reset it.</param>
/// <param name="reason">For people.</param>
internal sealed class Http2ResetException(Http2ErrorCode code, bool isRemote, string reason) : IOException(reason)
{
    public Http2ErrorCode Code => code;

    public bool IsRemote => isRemote;
}
