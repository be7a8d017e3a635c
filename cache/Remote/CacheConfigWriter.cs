using System.Globalization;
using System.Text;
using Cairn.Llb;

namespace Cairn.Cache.Remote;

/// <summary>Writes the document of an exported cache: compact, nothing that is empty, links and layers as they stand.</summary>
/// <remarks>Source: control-and-status.md, section 15.</remarks>
public static class CacheConfigWriter
{
    private const string NoTime = "0001-01-01T00:00:00Z";

    /// <summary>The whole document.</summary>
    public static byte[] Write(CacheConfig config)
    {
        ArgumentNullException.ThrowIfNull(config);
        var text = new StringBuilder("{");
        if (config.Layers.Count > 0)
        {
            WriteList(text.Append("\"layers\":"), config.Layers, WriteLayer);
        }
        if (config.Records.Count > 0)
        {
            WriteList(text.Append(text.Length > 1 ? "," : "").Append("\"records\":"), config.Records, WriteRecord);
        }
        return Encoding.UTF8.GetBytes(text.Append('}').ToString());
    }

    /// <summary>The list of records alone, as images carry it.</summary>
    public static byte[] WriteRecords(IReadOnlyList<CacheConfigRecord> records)
    {
        ArgumentNullException.ThrowIfNull(records);
        var text = new StringBuilder();
        WriteList(text, records, WriteRecord);
        return Encoding.UTF8.GetBytes(text.ToString());
    }

    private static void WriteLayer(StringBuilder text, CacheConfigLayer layer)
    {
        text.Append("{\"blob\":\"").Append(layer.Blob).Append('"');
        if (layer.Parent != 0)   // what is absent is 0 to a reader
        {
            text.Append(CultureInfo.InvariantCulture, $",\"parent\":{layer.Parent}");
        }
        if (layer.Annotations is { } annotations)
        {
            GoJson.AppendString(text.Append(",\"annotations\":{\"mediaType\":"), annotations.Blob.MediaType);
            text.Append(CultureInfo.InvariantCulture, $",\"diffID\":\"{annotations.DiffId}\",\"size\":{annotations.Blob.Size}");
            text.Append(",\"createdAt\":\"").Append(annotations.CreatedAt is { } time ? Format(time) : NoTime).Append("\"}");
        }
        text.Append('}');
    }

    private static void WriteRecord(StringBuilder text, CacheConfigRecord record)
    {
        text.Append('{');
        if (record.Layers.Count > 0)
        {
            WriteList(text.Append("\"layers\":"), record.Layers, static (text, result) => text.Append(
                CultureInfo.InvariantCulture, $"{{\"layer\":{result.Layer},\"createdAt\":\"{Format(result.CreatedAt)}\"}}"));
            text.Append(',');
        }
        if (record.Chains.Count > 0)
        {
            WriteList(text.Append("\"chains\":"), record.Chains, static (text, chain) =>
            {
                WriteList(text.Append("{\"layers\":"), chain.Layers, static (text, layer) => text.Append(CultureInfo.InvariantCulture, $"{layer}"));
                text.Append(CultureInfo.InvariantCulture, $",\"createdAt\":\"{Format(chain.CreatedAt)}\"}}");
            });
            text.Append(',');
        }
        text.Append("\"digest\":\"").Append(record.Digest).Append('"');
        if (record.Inputs.Count > 0)
        {
            WriteList(text.Append(",\"inputs\":"), record.Inputs, static (text, input) => WriteList(text, input, WriteLink));
        }
        text.Append('}');
    }

    private static void WriteLink(StringBuilder text, CacheConfigLink link)
    {
        text.Append('{');
        if (link.Selector is { } selector)
        {
            text.Append("\"selector\":\"").Append(selector).Append("\",");
        }
        text.Append(CultureInfo.InvariantCulture, $"\"link\":{link.Record}}}");
    }

    private static void WriteList<T>(StringBuilder text, IReadOnlyList<T> items, Action<StringBuilder, T> write)
    {
        text.Append('[');
        for (int i = 0; i < items.Count; i++)
        {
            write(i > 0 ? text.Append(',') : text, items[i]);
        }
        text.Append(']');
    }

    private static string Format(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.FFFFFFF'Z'", CultureInfo.InvariantCulture);
}
