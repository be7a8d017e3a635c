namespace Cairn.Frontend.Dockerfile.Parsing;

/// <summary>The flags of one instruction, checked against those it knows.</summary>
internal sealed class FlagSet
{
    private readonly Dictionary<string, List<string>> _values = new(StringComparer.Ordinal);

    private FlagSet()
    {
    }

    /// <param name="words">The flag words, each beginning with two dashes.</param>
    /// <param name="known">Every flag the instruction takes, by kind.</param>
    /// <exception cref="SyntaxFault">A flag is unknown, repeated, has no value, or is no boolean.</exception>
    public static FlagSet Parse(IReadOnlyList<string> words, IReadOnlyDictionary<string, FlagKind> known)
    {
        var set = new FlagSet();
        foreach (string word in words)
        {
            int equals = word.IndexOf('=', StringComparison.Ordinal);
            string name = equals < 0 ? word[2..] : word[2..equals];
            string? value = equals < 0 ? null : word[(equals + 1)..];
            if (!known.TryGetValue(name, out FlagKind kind))
            {
                throw new SyntaxFault($"unknown flag: --{name}{Suggestion.For(name, known.Keys)}");
            }
            set.Add(name, kind, value);
        }
        return set;
    }

    /// <summary>The value of a single flag, or null when it was not given.</summary>
    public string? Text(string name) => _values.TryGetValue(name, out List<string>? values) ? values[^1] : null;

    /// <summary>The values of a repeatable flag in order.</summary>
    public IReadOnlyList<string> All(string name) => _values.TryGetValue(name, out List<string>? values) ? values : [];

    /// <summary>The boolean, or null when it was not given.</summary>
    public bool? Switch(string name) => Text(name) is { } text ? text == "true" : null;

    private void Add(string name, FlagKind kind, string? value)
    {
        if (kind != FlagKind.Repeatable && _values.ContainsKey(name))
        {
            throw new SyntaxFault($"duplicate flag specified: --{name}");
        }
        if (kind == FlagKind.Switch)
        {
            value = (value ?? "true").ToLowerInvariant();
            if (value is not ("true" or "false"))
            {
                throw new SyntaxFault($"expecting boolean value for flag --{name}, not: {value}");
            }
        }
        if (value is null)
        {
            throw new SyntaxFault($"missing a value on flag: --{name}");
        }
        if (!_values.TryGetValue(name, out List<string>? values))
        {
            _values[name] = values = [];
        }
        values.Add(value);
    }
}
