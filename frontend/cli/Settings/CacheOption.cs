namespace Cairn.Cli.Settings;

/// <summary>One --cache-from or --cache-to: a cache elsewhere.</summary>
/// <param name="Type">Where it is kept.</param>
/// <param name="Attributes">What the place has to know, without the type.</param>
internal sealed record CacheOption(string Type, IReadOnlyDictionary<string, string> Attributes)
{
    public const string Local = "local";

    private const string Registry = "registry";
    private const string Inline = "inline";

    /// <summary>Reads one value of --cache-from.</summary>
    /// <exception cref="UsageException">The type is missing or unknown, or an attribute that it needs is missing.</exception>
    public static CacheOption ParseFrom(string text) => Parse(text, "--cache-from", [Local, Registry], "src");

    /// <summary>Reads one value of --cache-to.</summary>
    /// <exception cref="UsageException">The type is missing or unknown, or an attribute that it needs is missing.</exception>
    public static CacheOption ParseTo(string text) => Parse(text, "--cache-to", [Inline, Local, Registry], "dest");

    private static CacheOption Parse(string text, string flag, string[] types, string place)
    {
        IReadOnlyList<string> fields = CsvFields.Split(text, flag);
        SortedDictionary<string, string> attributes = new(StringComparer.Ordinal);
        if (fields.Count == 1 && !fields[0].Contains('=', StringComparison.Ordinal))
        {
            attributes["ref"] = fields[0].Length > 0 ? fields[0] : throw new UsageException($"{flag}: a name in a registry or type=… is needed");
            return new CacheOption(Registry, attributes);
        }

        foreach ((string key, string value) in CsvFields.Pairs(fields, flag, bare: null))
        {
            attributes.Add(key, value);
        }

        if (!attributes.Remove("type", out string? type))
        {
            throw new UsageException($"{flag}: type is required in '{text}'");
        }

        if (!types.Contains(type, StringComparer.Ordinal))
        {
            throw new UsageException($"{flag}: unknown type '{type}'{Suggestion.Text(type, types)}; known: {string.Join(", ", types)}");
        }

        string? needed = type == Registry ? "ref" : type == Local ? place : null;
        return needed is null || attributes.GetValueOrDefault(needed) is { Length: > 0 }
            ? new CacheOption(type, attributes)
            : throw new UsageException($"{flag}: {needed} is required for type={type}");
    }
}
