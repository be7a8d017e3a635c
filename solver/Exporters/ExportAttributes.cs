using System.Globalization;
using Cairn.Llb;

namespace Cairn.Solver.Exporters;

/// <summary>Reads an exporter's attributes; every attribute that is read is known, the rest is <see cref="Rest"/>.</summary>
internal sealed class ExportAttributes(IReadOnlyDictionary<string, string> attributes)
{
    private readonly HashSet<string> _known = new(StringComparer.Ordinal);

    /// <summary>Attributes that nobody asked for, in ordinal order.</summary>
    public IEnumerable<KeyValuePair<string, string>> Rest =>
        attributes.Where(pair => !_known.Contains(pair.Key)).OrderBy(pair => pair.Key, StringComparer.Ordinal);

    public string? Text(string key)
    {
        _known.Add(key);
        return attributes.TryGetValue(key, out string? value) ? value : null;
    }

    /// <summary>A truth value, for the bare key too if <c>emptyIsTrue</c>; null if it is not given.</summary>
    public bool? Flag(string key, bool emptyIsTrue) => Text(key) switch
    {
        null => null,
        "" when emptyIsTrue => true,
        "1" or "t" or "T" or "TRUE" or "true" or "True" => true,
        "0" or "f" or "F" or "FALSE" or "false" or "False" => false,
        _ => throw Invalid($"non-bool value specified for {key}"),
    };

    public int? Number(string key) => Text(key) switch
    {
        null => null,
        string text when int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int number) => number,
        string text => throw Invalid($"non-integer value \"{text}\" specified for {key}"),
    };

    public static BuildException Invalid(string reason) => new(ErrorKind.Input, "", "", reason);
}
