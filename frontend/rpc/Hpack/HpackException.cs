namespace Cairn.Rpc.Hpack;

/// <summary>A header block that cannot be decoded. The connection cannot go on: its table is unknown from here.</summary>
internal sealed class HpackException(string reason) : Exception(reason);
