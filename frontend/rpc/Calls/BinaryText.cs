namespace Cairn.Rpc.Calls;

/// <summary>Octets in header values: base64, sent without padding and taken with or without.</summary>
/// <remarks>Source: gRPC, PROTOCOL-HTTP2.md, "Binary-Header".</remarks>
internal static class BinaryText
{
    public static string Encode(ReadOnlySpan<byte> octets) => Convert.ToBase64String(octets).TrimEnd('=');

    /// <exception cref="FormatException">It is not base64.</exception>
    public static byte[] Decode(string text)
    {
        string bare = text.Trim().TrimEnd('=');
        return Convert.FromBase64String(bare.PadRight((bare.Length + 3) / 4 * 4, '='));
    }
}
