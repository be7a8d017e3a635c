using System.Collections;
using Cairn.Rpc.Hpack;

namespace Cairn.Rpc.Calls;

/// <summary>Named values that travel beside the messages of a call. A name may have several values; they keep their order and are never joined.</summary>
/// <remarks>Names are case-insensitive and kept in lower case. Values are printable ASCII, or any octets under names that end in <c>-bin</c>.</remarks>
public sealed class Metadata : IEnumerable<KeyValuePair<string, string>>
{
    private const string BinarySuffix = "-bin";

    private readonly List<HeaderField> _fields = [];

    /// <summary>Number of values.</summary>
    public int Count => _fields.Count;

    internal IReadOnlyList<HeaderField> Fields => _fields;

    /// <summary>Adds a value of text.</summary>
    /// <exception cref="ArgumentException">The name cannot be used by callers, or the value is not printable ASCII.</exception>
    public void Add(string name, string value)
    {
        string lower = Checked(name);
        if (lower.EndsWith(BinarySuffix, StringComparison.Ordinal))
        {
            throw new ArgumentException($"the name {lower} is for octets", nameof(name));
        }

        foreach (char c in value)
        {
            if (c is < ' ' or > '~')
            {
                throw new ArgumentException($"the value of {lower} is not printable ASCII", nameof(value));
            }
        }

        _fields.Add(new HeaderField(lower, value));
    }

    /// <summary>Adds a value of octets.</summary>
    /// <param name="name">Ends in <c>-bin</c>.</param>
    /// <param name="value">Any octets.</param>
    /// <exception cref="ArgumentException">The name does not end in <c>-bin</c> or cannot be used by callers.</exception>
    public void AddBinary(string name, ReadOnlySpan<byte> value)
    {
        string lower = Checked(name);
        if (!lower.EndsWith(BinarySuffix, StringComparison.Ordinal))
        {
            throw new ArgumentException($"the name {lower} is for text", nameof(name));
        }

        _fields.Add(new HeaderField(lower, BinaryText.Encode(value)));
    }

    /// <summary>The first value of a name; null if there is none.</summary>
    public string? Find(string name) => FindAll(name).FirstOrDefault();

    /// <summary>All values of a name, in order.</summary>
    public IEnumerable<string> FindAll(string name) =>
        _fields.Where(f => f.Name.Equals(name, StringComparison.OrdinalIgnoreCase)).Select(f => f.Value);

    /// <summary>All values of octets of a name, in order.</summary>
    /// <exception cref="FormatException">A value that came is not base64.</exception>
    public IEnumerable<byte[]> FindAllBinary(string name) =>
        FindAll(name).SelectMany(v => v.Split(',')).Select(BinaryText.Decode);   // only octets may come joined: commas cannot be theirs

    /// <summary>The values with their names, in order, octets as base64.</summary>
    public IEnumerator<KeyValuePair<string, string>> GetEnumerator() =>
        _fields.Select(f => KeyValuePair.Create(f.Name, f.Value)).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <summary>What came, less what the protocol keeps for itself.</summary>
    internal static Metadata FromWire(IEnumerable<HeaderField> fields)
    {
        var metadata = new Metadata();
        metadata._fields.AddRange(fields.Where(f => !IsReserved(f.Name)));
        return metadata;
    }

    private static bool IsReserved(string name) =>
        name.StartsWith(':') || name.StartsWith("grpc-", StringComparison.Ordinal)
        || name is "content-type" or "te" or "content-length" or "date" or "connection" or "keep-alive" or "proxy-connection"
            or "transfer-encoding" or "upgrade" or "host";

    private static string Checked(string name)
    {
        string lower = name.ToLowerInvariant();
        bool sound = lower.Length > 0 && lower.All(c => c is (>= 'a' and <= 'z') or (>= '0' and <= '9') or '-' or '_' or '.');
        return sound && !IsReserved(lower) ? lower : throw new ArgumentException($"metadata cannot be called {name}", nameof(name));
    }
}
