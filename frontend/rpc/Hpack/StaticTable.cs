using System.Collections.Frozen;

namespace Cairn.Rpc.Hpack;

/// <summary>The fields every connection knows from the start. Indices start at 1.</summary>
/// <remarks>Source: RFC 7541, appendix A.</remarks>
internal static class StaticTable
{
    private static readonly HeaderField[] Fields =
    [
        new(":authority", ""), new(":method", "GET"), new(":method", "POST"), new(":path", "/"), new(":path", "/index.html"),
        new(":scheme", "http"), new(":scheme", "https"), new(":status", "200"), new(":status", "204"), new(":status", "206"),
        new(":status", "304"), new(":status", "400"), new(":status", "404"), new(":status", "500"), new("accept-charset", ""),
        new("accept-encoding", "gzip, deflate"), new("accept-language", ""), new("accept-ranges", ""), new("accept", ""),
        new("access-control-allow-origin", ""), new("age", ""), new("allow", ""), new("authorization", ""), new("cache-control", ""),
        new("content-disposition", ""), new("content-encoding", ""), new("content-language", ""), new("content-length", ""),
        new("content-location", ""), new("content-range", ""), new("content-type", ""), new("cookie", ""), new("date", ""),
        new("etag", ""), new("expect", ""), new("expires", ""), new("from", ""), new("host", ""), new("if-match", ""),
        new("if-modified-since", ""), new("if-none-match", ""), new("if-range", ""), new("if-unmodified-since", ""),
        new("last-modified", ""), new("link", ""), new("location", ""), new("max-forwards", ""), new("proxy-authenticate", ""),
        new("proxy-authorization", ""), new("range", ""), new("referer", ""), new("refresh", ""), new("retry-after", ""),
        new("server", ""), new("set-cookie", ""), new("strict-transport-security", ""), new("transfer-encoding", ""),
        new("user-agent", ""), new("vary", ""), new("via", ""), new("www-authenticate", ""),
    ];

    private static readonly FrozenDictionary<string, int> FirstOfName = Fields
        .Select((f, i) => (f.Name, Index: i + 1))
        .GroupBy(f => f.Name, StringComparer.Ordinal)
        .ToFrozenDictionary(g => g.Key, g => g.Min(f => f.Index), StringComparer.Ordinal);

    /// <summary>Number of entries: 61.</summary>
    public static int Count => Fields.Length;

    /// <summary>The entry at an index from 1 to <see cref="Count"/>.</summary>
    public static HeaderField Get(int index) => Fields[index - 1];

    /// <summary>Finds a field.</summary>
    /// <returns>An index and whether the value is equal too; index 0 if not even the name is there.</returns>
    public static (int Index, bool Whole) Find(string name, string value)
    {
        if (!FirstOfName.TryGetValue(name, out int first))
        {
            return (0, false);
        }

        for (int index = first; index <= Fields.Length && Fields[index - 1].Name == name; index++)
        {
            if (Fields[index - 1].Value == value)
            {
                return (index, true);
            }
        }

        return (first, false);
    }
}
