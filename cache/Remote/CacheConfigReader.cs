using System.Globalization;
using System.Text.Json;
using Cairn.Llb;

namespace Cairn.Cache.Remote;

/// <summary>Reads documents of exported caches, whoever wrote them, and refuses those that do not hold together.</summary>
/// <remarks>Source: control-and-status.md, section 15.</remarks>
public static class CacheConfigReader
{
    /// <summary>Reads a document.</summary>
    /// <param name="bytes">JSON.</param>
    /// <param name="subject">Where it comes from, for errors.</param>
    /// <exception cref="BuildException">Input: it is not such a document.</exception>
    public static CacheConfig Read(ReadOnlyMemory<byte> bytes, string subject) => Read(bytes, subject, root => root.ValueKind == JsonValueKind.Object
        ? new CacheConfig([.. List(root, "layers").Select(layer => ReadLayer(layer, subject))], ReadRecords(List(root, "records"), subject))
        : throw Invalid(subject, "it is no JSON object"));

    /// <summary>Reads the list of records that an image carries.</summary>
    /// <param name="bytes">JSON.</param>
    /// <param name="layers">The image's layers, each on the one before it.</param>
    /// <param name="subject">Where it comes from, for errors.</param>
    /// <exception cref="BuildException">Input: it is not such a list.</exception>
    public static CacheConfig ReadRecords(ReadOnlyMemory<byte> bytes, IReadOnlyList<CacheConfigLayer> layers, string subject) =>
        Read(bytes, subject, root => root.ValueKind == JsonValueKind.Array
            ? new CacheConfig(layers, ReadRecords(root.EnumerateArray(), subject))
            : throw Invalid(subject, "it is no JSON array"));

    private static CacheConfig Read(ReadOnlyMemory<byte> bytes, string subject, Func<JsonElement, CacheConfig> read)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(bytes);
            return Check(read(document.RootElement), subject);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)   // the latter for a text that is no Unicode
        {
            throw Invalid(subject, "it is no JSON", e);
        }
    }

    private static CacheConfigLayer ReadLayer(JsonElement layer, string subject)
    {
        Digest blob = ReadDigest(layer, "blob", subject);
        return new CacheConfigLayer(blob, ReadNumber(layer, "parent", subject))
        {
            Annotations = layer.TryGetProperty("annotations", out JsonElement annotations) && annotations.ValueKind == JsonValueKind.Object
                ? ReadAnnotations(blob, annotations)
                : null,
        };
    }

    // A layer that is not described well enough is one whose blob is unknown.
    private static CacheLayerAnnotations? ReadAnnotations(Digest blob, JsonElement annotations) =>
        Digest.TryParse(Text(annotations, "diffID"), out Digest diffId)
        && annotations.TryGetProperty("size", out JsonElement size) && size.ValueKind == JsonValueKind.Number && size.TryGetInt64(out long bytes) && bytes >= 0
            ? new CacheLayerAnnotations(
                new Descriptor(Text(annotations, "mediaType") ?? "", blob, bytes), new DiffId(diffId),
                ReadTime(annotations) is { } time && time > DateTimeOffset.MinValue ? time : null)
            : null;

    private static List<CacheConfigRecord> ReadRecords(IEnumerable<JsonElement> records, string subject) =>
        [.. records.Select(record => new CacheConfigRecord(
            ReadDigest(record, "digest", subject),
            [.. List(record, "inputs").Select(input => (IReadOnlyList<CacheConfigLink>)[.. Items(input).Select(link => ReadLink(link, subject))])])
        {
            Layers = [.. List(record, "layers").Select(result => new CacheConfigResult(ReadNumber(result, "layer", subject), ReadTime(result) ?? default))],
            Chains = [.. List(record, "chains").Select(chain => new CacheConfigChain(
                [.. List(chain, "layers").Select(layer => ReadNumber(layer, subject))], ReadTime(chain) ?? default))],
        })];

    private static CacheConfigLink ReadLink(JsonElement link, string subject)
    {
        string? selector = link.ValueKind == JsonValueKind.Object ? Text(link, "selector") : null;
        return new CacheConfigLink(
            ReadNumber(link, "link", subject),
            string.IsNullOrEmpty(selector) ? null
                : Digest.TryParse(selector, out Digest digest) ? digest : throw Invalid(subject, $"\"{selector}\" is no selector"));
    }

    private static CacheConfig Check(CacheConfig config, string subject)
    {
        CheckParents(config, subject);
        for (int i = 0; i < config.Records.Count; i++)
        {
            CacheConfigRecord record = config.Records[i];
            foreach (IReadOnlyList<CacheConfigLink> input in record.Inputs)
            {
                if (input.Count == 0)
                {
                    throw Invalid(subject, string.Create(CultureInfo.InvariantCulture, $"invalid empty input for record {i}"));
                }
                foreach (CacheConfigLink link in input.Where(link => link.Record < 0 || link.Record >= config.Records.Count))
                {
                    throw Invalid(subject, string.Create(CultureInfo.InvariantCulture, $"invalid record ID: {link.Record}"));
                }
            }
            foreach (int layer in record.Layers.Select(result => result.Layer).Concat(record.Chains.SelectMany(chain => chain.Layers)))
            {
                CheckLayer(config, layer, subject);
            }
        }
        CheckLinks(config.Records, subject);
        return config;
    }

    private static void CheckParents(CacheConfig config, string subject)
    {
        var isDone = new bool[config.Layers.Count];
        var path = new HashSet<int>();
        for (int i = 0; i < isDone.Length; i++)
        {
            path.Clear();
            for (int at = i; at != CacheConfigLayer.NoParent && !isDone[at]; at = config.Layers[at].Parent)
            {
                if (!path.Add(at))
                {
                    throw Invalid(subject, "invalid looping layer");
                }
                if (config.Layers[at].Parent != CacheConfigLayer.NoParent)
                {
                    CheckLayer(config, config.Layers[at].Parent, subject);
                }
            }
            foreach (int at in path)
            {
                isDone[at] = true;
            }
        }
    }

    private static void CheckLayer(CacheConfig config, int layer, string subject)
    {
        if (layer < 0 || layer >= config.Layers.Count)
        {
            throw Invalid(subject, string.Create(CultureInfo.InvariantCulture, $"invalid layer index {layer}"));
        }
    }

    // Whoever has no links left to follow is taken out, until nothing changes: what stays stands in a circle.
    private static void CheckLinks(IReadOnlyList<CacheConfigRecord> records, string subject)
    {
        var users = new List<int>[records.Count];
        var open = new int[records.Count];
        for (int i = 0; i < records.Count; i++)
        {
            foreach (CacheConfigLink link in records[i].Inputs.SelectMany(input => input))
            {
                (users[link.Record] ??= []).Add(i);
                open[i]++;
            }
        }
        var free = new Stack<int>(Enumerable.Range(0, records.Count).Where(i => open[i] == 0));
        int taken = 0;
        while (free.TryPop(out int at))
        {
            taken++;
            foreach (int user in users[at] ?? [])
            {
                if (--open[user] == 0)
                {
                    free.Push(user);
                }
            }
        }
        if (taken < records.Count)
        {
            throw Invalid(subject, "invalid looping record");
        }
    }

    private static JsonElement.ArrayEnumerator List(JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out JsonElement list) ? Items(list) : default;

    private static JsonElement.ArrayEnumerator Items(JsonElement list) => list.ValueKind == JsonValueKind.Array ? list.EnumerateArray() : default;

    private static Digest ReadDigest(JsonElement element, string name, string subject) =>
        element.ValueKind == JsonValueKind.Object && Digest.TryParse(Text(element, name), out Digest digest) ? digest : throw Invalid(subject, $"an entry has no valid {name}");

    private static int ReadNumber(JsonElement element, string name, string subject) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out JsonElement number) ? ReadNumber(number, subject) : 0;

    private static int ReadNumber(JsonElement number, string subject) =>
        number.ValueKind == JsonValueKind.Number && number.TryGetInt32(out int value) ? value : throw Invalid(subject, "an index in it is no number");

    private static DateTimeOffset? ReadTime(JsonElement element) =>
        DateTimeOffset.TryParse(
            Text(element, "createdAt"), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out DateTimeOffset time)
            ? time
            : null;

    private static string? Text(JsonElement element, string name) =>
        element.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private static BuildException Invalid(string subject, string reason, Exception? inner = null) =>
        new(ErrorKind.Input, "read cache config", subject, reason, null, inner);
}
