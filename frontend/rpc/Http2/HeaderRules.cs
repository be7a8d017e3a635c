using System.Globalization;
using Cairn.Rpc.Hpack;

namespace Cairn.Rpc.Http2;

/// <summary>What makes a header block well formed. Null means nothing is wrong.</summary>
/// <remarks>Source: RFC 9113, section 8.</remarks>
internal static class HeaderRules
{
    public static Http2ErrorCode? CheckRequest(HeaderBlock block)
    {
        bool connect = block.Find(":method") == "CONNECT";
        bool complete = block.Find(":method") is not null && !connect && block.Find(":scheme") is not null && block.Find(":path") is { Length: > 0 };
        return complete && AreFieldsSound(block, [":method", ":scheme", ":path", ":authority"]) && IsLengthSound(block)
            ? null
            : Http2ErrorCode.ProtocolError;
    }

    public static Http2ErrorCode? CheckResponse(HeaderBlock block, bool end)
    {
        bool sound = block.Find(":status") is { Length: 3 } status && status.All(char.IsAsciiDigit) && !(end && status[0] == '1');
        return sound && AreFieldsSound(block, [":status"]) && IsLengthSound(block) ? null : Http2ErrorCode.ProtocolError;
    }

    public static Http2ErrorCode? CheckTrailers(HeaderBlock block) => AreFieldsSound(block, []) ? null : Http2ErrorCode.ProtocolError;

    /// <summary>Octets that the content-length field promises; null if there is none.</summary>
    public static long? ContentLength(HeaderBlock block) =>
        block.Find("content-length") is { } text ? long.Parse(text, NumberStyles.None, CultureInfo.InvariantCulture) : null;

    private static bool IsLengthSound(HeaderBlock block) =>
        block.Find("content-length") is not { } text || long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out _);

    private static bool AreFieldsSound(HeaderBlock block, ReadOnlySpan<string> pseudo)
    {
        bool regular = false;
        int seen = 0;
        foreach ((string name, string value) in block.Fields)
        {
            if (name.StartsWith(':'))
            {
                int at = pseudo.IndexOf(name);
                if (regular || at < 0 || (seen & (1 << at)) != 0)
                {
                    return false;
                }

                seen |= 1 << at;
            }
            else
            {
                regular = true;
                if (!IsNameSound(name) || IsConnectionSpecific(name, value))
                {
                    return false;
                }
            }

            if (value.AsSpan().IndexOfAny('\0', '\r', '\n') >= 0)
            {
                return false;
            }
        }

        return true;
    }

    private static bool IsNameSound(string name)
    {
        foreach (char c in name)
        {
            if (c is <= ' ' or >= (char)0x7F or (>= 'A' and <= 'Z') or ':')
            {
                return false;
            }
        }

        return name.Length > 0;
    }

    private static bool IsConnectionSpecific(string name, string value) => name switch
    {
        "connection" or "keep-alive" or "proxy-connection" or "transfer-encoding" or "upgrade" => true,
        "te" => value != "trailers",
        _ => false,
    };
}
