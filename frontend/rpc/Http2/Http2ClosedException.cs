namespace Cairn.Rpc.Http2;

/// <summary>The connection is gone, or takes no new streams.</summary>
internal sealed class Http2ClosedException(string reason, Exception? inner) : IOException(reason, inner);
