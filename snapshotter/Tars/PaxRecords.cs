using System.Globalization;
using System.Text;
using Cairn.Snapshotter.Native;

namespace Cairn.Snapshotter.Tars;

/// <summary>Pax records that hold for one member.</summary>
internal sealed class PaxRecords(IReadOnlyDictionary<string, byte[]> global)
{
    private readonly Dictionary<string, byte[]> _own = new(StringComparer.Ordinal);
    private readonly List<long> _segments = [];   // offsets and lengths in turn, of sparse format 0.0

    /// <summary>Takes the content of a pax header: records of the form "LENGTH KEYWORD=VALUE\n".</summary>
    public void Parse(ReadOnlySpan<byte> content)
    {
        while (!content.IsEmpty)
        {
            int space = content.IndexOf((byte)' ');
            if (space <= 0 || !int.TryParse(content[..space], NumberStyles.None, CultureInfo.InvariantCulture, out int length)
                || length <= space + 1 || length > content.Length || content[length - 1] != '\n')
            {
                throw TarReader.Damaged("an extended header is not in order");
            }
            ReadOnlySpan<byte> record = content[(space + 1)..(length - 1)];
            int equals = record.IndexOf((byte)'=');
            if (equals <= 0)
            {
                throw TarReader.Damaged("an extended header has a record without keyword");
            }
            string keyword = PathText.Decode(record[..equals]);
            byte[] value = record[(equals + 1)..].ToArray();
            if (keyword is "GNU.sparse.offset" or "GNU.sparse.numbytes")
            {
                _segments.Add(Parse(keyword, value));
            }
            Set(keyword, value);
            content = content[length..];
        }
    }

    public void Set(string keyword, byte[] value) => _own[keyword] = value;

    public void AddTo(Dictionary<string, byte[]> target)
    {
        foreach ((string keyword, byte[] value) in _own)
        {
            target[keyword] = value;
        }
    }

    public string? Text(string keyword) => Find(keyword) is { } value ? PathText.Decode(value) : null;

    public long? Number(string keyword) => Find(keyword) is { } value ? Parse(keyword, value) : null;

    public long? Time(string keyword)
    {
        if (Find(keyword) is not { } value)
        {
            return null;
        }
        return TarFormat.TryPaxTime(value, out long nanoseconds) ? nanoseconds : throw TarReader.Damaged($"{keyword} is not a time");
    }

    public IReadOnlyDictionary<string, byte[]> Attributes()
    {
        SortedDictionary<string, byte[]>? attributes = null;
        foreach ((string keyword, byte[] value) in _own)
        {
            if (keyword.StartsWith(TarFormat.AttributePrefix, StringComparison.Ordinal))
            {
                attributes ??= new SortedDictionary<string, byte[]>(StringComparer.Ordinal);
                attributes[Unescape(keyword[TarFormat.AttributePrefix.Length..])] = value;
            }
        }
        return attributes ?? TarEntry.NoAttributes;
    }

    /// <summary>Where a sparse file has its data, and its length; null for an ordinary file.</summary>
    public (IReadOnlyList<(long Offset, long Length)> Segments, long Size)? SparseMap(TarReader reader)
    {
        long? size = Number("GNU.sparse.realsize") ?? Number("GNU.sparse.size");
        if (size is null)
        {
            return null;
        }
        if (Number("GNU.sparse.major") == 1)
        {
            return (reader.ReadLeadingMap(), size.Value);
        }
        List<long> numbers = Find("GNU.sparse.map") is { } map
            ? [.. Encoding.ASCII.GetString(map).Split(',').Select(static part => Parse("GNU.sparse.map", Encoding.ASCII.GetBytes(part)))]
            : _segments;
        var segments = new List<(long Offset, long Length)>();
        for (int i = 0; i + 1 < numbers.Count; i += 2)
        {
            segments.Add((numbers[i], numbers[i + 1]));
        }
        return (segments, size.Value);
    }

    // An empty value takes back what a global header said.
    private byte[]? Find(string keyword)
    {
        if (_own.TryGetValue(keyword, out byte[]? value) || global.TryGetValue(keyword, out value))
        {
            return value.Length == 0 ? null : value;
        }
        return null;
    }

    private static long Parse(string keyword, byte[] value) =>
        long.TryParse(value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long number)
            ? number
            : throw TarReader.Damaged($"{keyword} is not a number");

    private static string Unescape(string name) => name.Contains("%3D", StringComparison.Ordinal)
        ? name.Replace("%3D", "=", StringComparison.Ordinal).Replace("%25", "%", StringComparison.Ordinal)
        : name;
}
