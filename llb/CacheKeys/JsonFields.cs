using System.Globalization;
using System.Text;

namespace Cairn.Llb.CacheKeys;

/// <summary>A JSON object being written field by field; what is zero or empty is left out.</summary>
internal sealed class JsonFields
{
    private readonly StringBuilder _text = new("{");

    /// <summary>The object so far, closed.</summary>
    public override string ToString() => _text + "}";

    public JsonFields Text(string name, string value) => value.Length == 0 ? this : Always(name, value);

    /// <summary>A text that is written even when it is empty.</summary>
    public JsonFields Always(string name, string value)
    {
        GoJson.AppendString(Name(name), value);
        return this;
    }

    public JsonFields Number(string name, long value) => value == 0 ? this : Raw(name, value.ToString(CultureInfo.InvariantCulture));

    public JsonFields Flag(string name, bool value) => value ? Raw(name, "true") : this;

    public JsonFields Bytes(string name, ReadOnlySpan<byte> value) => value.IsEmpty ? this : Always(name, Convert.ToBase64String(value));

    public JsonFields Texts(string name, IReadOnlyCollection<string> values) => values.Count == 0 ? this : Raw(name, GoJson.Array(values));

    public JsonFields Numbers<T>(string name, IReadOnlyCollection<T> values)
        where T : IFormattable =>
        values.Count == 0
            ? this
            : Raw(name, $"[{string.Join(',', values.Select(value => value.ToString(null, CultureInfo.InvariantCulture)))}]");

    /// <summary>A message; null is left out, an empty one is <c>{}</c>.</summary>
    public JsonFields Message<T>(string name, T? message, Func<T, JsonFields> write)
        where T : class => message is null ? this : Raw(name, write(message).ToString());

    public JsonFields Messages<T>(string name, IReadOnlyCollection<T> messages, Func<T, JsonFields> write) =>
        messages.Count == 0 ? this : Raw(name, $"[{string.Join(',', messages.Select(message => write(message).ToString()))}]");

    /// <summary>A map, by the bytes of its keys.</summary>
    public JsonFields Map<T>(string name, IReadOnlyCollection<KeyValuePair<string, T>> map, Func<T, string> write)
    {
        if (map.Count == 0)
        {
            return this;
        }

        var entries = new JsonFields();
        foreach ((string key, T value) in map.OrderBy(entry => entry.Key, Graphs.Utf8Order.Instance))
        {
            entries.Raw(key, write(value));
        }

        return Raw(name, entries.ToString());
    }

    public JsonFields Raw(string name, string json)
    {
        Name(name).Append(json);
        return this;
    }

    private StringBuilder Name(string name) => GoJson.AppendString(_text.Append(_text.Length > 1 ? "," : ""), name).Append(':');
}
