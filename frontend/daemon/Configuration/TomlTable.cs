namespace Cairn.Daemon.Configuration;

/// <summary>A table of a configuration file: its entries in the order in which they stand there.</summary>
internal sealed class TomlTable
{
    private readonly Dictionary<string, TomlEntry> _entries = new(StringComparer.Ordinal);
    private readonly List<string> _order = [];

    /// <summary>Names and values.</summary>
    public IEnumerable<KeyValuePair<string, TomlEntry>> Entries => _order.Select(name => KeyValuePair.Create(name, _entries[name]));

    /// <summary>It has a heading of its own, so another one is a mistake.</summary>
    public bool IsDefined { get; set; }

    /// <summary>The value of a name; null if there is none.</summary>
    public TomlEntry? TryGet(string name) => _entries.GetValueOrDefault(name);

    /// <summary>Adds a value.</summary>
    /// <returns>False if the name has one.</returns>
    public bool TryAdd(string name, TomlEntry entry)
    {
        if (!_entries.TryAdd(name, entry))
        {
            return false;
        }

        _order.Add(name);
        return true;
    }
}
