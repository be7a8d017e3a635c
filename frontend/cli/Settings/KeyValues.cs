namespace Cairn.Cli.Settings;

/// <summary>Repeated NAME=VALUE flags.</summary>
internal static class KeyValues
{
    /// <summary>Build arguments: NAME alone takes the environment's value, and is left out where it has none. The last of equal names wins.</summary>
    public static IReadOnlyDictionary<string, string> FromEnvironment(IEnumerable<string> texts, string flag)
    {
        SortedDictionary<string, string> values = new(StringComparer.Ordinal);
        foreach (string text in texts)
        {
            (string name, string? value) = Split(text, flag);
            value ??= Environment.GetEnvironmentVariable(name);
            if (value is not null)
            {
                values[name] = value;
            }
        }

        return values;
    }

    /// <summary>Labels: NAME alone is NAME with an empty value. The last of equal names wins.</summary>
    public static IReadOnlyDictionary<string, string> OrEmpty(IEnumerable<string> texts, string flag)
    {
        SortedDictionary<string, string> values = new(StringComparer.Ordinal);
        foreach (string text in texts)
        {
            (string name, string? value) = Split(text, flag);
            values[name] = value ?? "";
        }

        return values;
    }

    /// <summary>Named contexts: both halves are needed.</summary>
    /// <exception cref="UsageException">A value is missing.</exception>
    public static IReadOnlyDictionary<string, string> Required(IEnumerable<string> texts, string flag)
    {
        SortedDictionary<string, string> values = new(StringComparer.Ordinal);
        foreach (string text in texts)
        {
            (string name, string? value) = Split(text, flag);
            values[name] = value is { Length: > 0 } ? value : throw new UsageException($"{flag}: invalid value '{text}', expected NAME=VALUE");
        }

        return values;
    }

    private static (string Name, string? Value) Split(string text, string flag)
    {
        int equals = text.IndexOf('=', StringComparison.Ordinal);
        string name = equals < 0 ? text : text[..equals];
        return name.Length > 0
            ? (name, equals < 0 ? null : text[(equals + 1)..])
            : throw new UsageException($"{flag}: the name is missing in '{text}'");
    }
}
