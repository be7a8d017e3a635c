using System.Globalization;
using Cairn.Llb;

namespace Cairn.Daemon.Configuration;

/// <summary>The daemon's file: every key is one that the stock daemon knows, and has the type that it takes.</summary>
internal sealed class ConfigurationFile
{
    private readonly string _path;
    private readonly TomlTable _root;

    private ConfigurationFile(string path, TomlTable root)
    {
        _path = path;
        _root = root;
        Check(root, []);
    }

    /// <summary>What has no effect, one sentence each.</summary>
    public List<string> Warnings { get; } = [];

    /// <summary>Reads a file; one that is not there is empty.</summary>
    /// <exception cref="BuildException">Input: it is no TOML, or has a key that nobody knows; the message names file and line.</exception>
    public static ConfigurationFile Read(string path)
    {
        try
        {
            return new ConfigurationFile(path, File.Exists(path) ? TomlReader.Read(path, File.ReadAllText(path)) : new TomlTable());
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new BuildException(ErrorKind.Environment, "read", path, e.Message, remedy: null, e);
        }
    }

    /// <summary>A table is there, even an empty one.</summary>
    public bool Has(params string[] path) => Find(path) is not null;

    /// <summary>Text; null if it is not said.</summary>
    public string? Text(params string[] path) => Find(path) is { } entry ? entry.Value as string ?? throw Wrong(entry, path, "text in quotes") : null;

    /// <summary>A switch; null if it is not said.</summary>
    public bool? Flag(params string[] path) => Find(path) is { } entry ? entry.Value as bool? ?? throw Wrong(entry, path, "true or false") : null;

    /// <summary>A number; null if it is not said.</summary>
    public long? Number(params string[] path) => Find(path) is { } entry ? entry.Value as long? ?? throw Wrong(entry, path, "a whole number") : null;

    /// <summary>Several texts; null if it is not said.</summary>
    public IReadOnlyList<string>? Texts(params string[] path) => Find(path) is { } entry ? Texts(entry, path) : null;

    /// <summary>Names and values; null if it is not said.</summary>
    public IReadOnlyDictionary<string, string>? Pairs(params string[] path) => Find(path) is { } entry
        ? (entry.Value as TomlTable ?? throw Wrong(entry, path, "a table")).Entries.ToDictionary(
            static pair => pair.Key, pair => pair.Value.Value as string ?? throw Wrong(pair.Value, path, "text in quotes"), StringComparer.Ordinal)
        : null;

    /// <summary>Bytes; null if it is not said.</summary>
    public long? Size(long disk, params string[] path) => Find(path) is { } entry ? Size(entry, disk, path) : null;

    /// <summary>A length of time; null if it is not said.</summary>
    public TimeSpan? Duration(params string[] path) => Find(path) is { } entry ? Duration(entry, path) : null;

    /// <summary>The rules of the cache; null if there are none.</summary>
    public IReadOnlyList<GcRule>? GcRules(long disk, params string[] path)
    {
        if (Find(path) is not { } entry)
        {
            return null;
        }

        List<GcRule> rules = [];
        foreach (TomlTable table in entry.Value as List<TomlTable> ?? throw Wrong(entry, path, "a list of tables"))
        {
            rules.Add(new GcRule
            {
                All = table.TryGet("all") is { } all && (all.Value as bool? ?? throw Wrong(all, path, "true or false")),
                Filters = table.TryGet("filters") is { } filters ? Texts(filters, path) : [],
                KeepDuration = table.TryGet("keepDuration") is { } duration ? Duration(duration, path) : TimeSpan.Zero,
                ReservedSpace = (table.TryGet("reservedSpace") ?? table.TryGet("keepBytes")) is { } reserved ? Size(reserved, disk, path) : 0,
                MaxUsedSpace = table.TryGet("maxUsedSpace") is { } used ? Size(used, disk, path) : 0,
                MinFreeSpace = table.TryGet("minFreeSpace") is { } free ? Size(free, disk, path) : 0,
            });
        }

        return rules;
    }

    private void Check(TomlTable table, List<string> path)
    {
        foreach ((string name, TomlEntry entry) in table.Entries)
        {
            List<string> here = [.. path, name];
            switch (entry.Value)
            {
                case TomlTable inner:
                    Check(inner, here);
                    break;
                case List<TomlTable> inners:
                    inners.ForEach(inner => Check(inner, here));
                    break;
                case var _ when ConfigurationKeys.Matches(ConfigurationKeys.Used, here):
                    break;
                case var _ when ConfigurationKeys.Matches(ConfigurationKeys.Ignored, here):
                    Warnings.Add($"{Place(entry)}: {string.Join('.', here)} is understood and has no effect");
                    break;
                default:
                    throw new BuildException(ErrorKind.Input, "", "", $"{Place(entry)}: unknown key {string.Join('.', here)}");
            }
        }
    }

    private TomlEntry? Find(string[] path)
    {
        TomlTable table = _root;
        foreach (string name in path[..^1])
        {
            if (table.TryGet(name)?.Value is not TomlTable inner)
            {
                return null;
            }

            table = inner;
        }

        return table.TryGet(path[^1]);
    }

    private string[] Texts(TomlEntry entry, string[] path) => entry.Value is List<object> values && values.TrueForAll(static value => value is string)
        ? [.. values.Cast<string>()]
        : throw Wrong(entry, path, "a list of texts");

    private long Size(TomlEntry entry, long disk, string[] path) => entry.Value switch
    {
        long bytes and >= 0 => bytes,
        string text when SizeText.TryParse(text, disk) is { } bytes => bytes,
        _ => throw Wrong(entry, path, "a number of bytes, a text such as 512MB, or a part such as 10%"),
    };

    private TimeSpan Duration(TomlEntry entry, string[] path) =>
        DurationText.TryParse(Convert.ToString(entry.Value, CultureInfo.InvariantCulture) ?? "")
        ?? throw Wrong(entry, path, "a number of seconds or a text such as 48h");

    private string Place(TomlEntry entry) => string.Create(CultureInfo.InvariantCulture, $"{_path}:{entry.Line}");

    private BuildException Wrong(TomlEntry entry, string[] path, string wanted) =>
        new(ErrorKind.Input, "", "", $"{Place(entry)}: {string.Join('.', path)} takes {wanted}");
}
