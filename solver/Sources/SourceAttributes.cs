using System.Globalization;
using System.Text.Json;
using Cairn.Llb;
using Cairn.Protos.Pb;

namespace Cairn.Solver.Sources;

/// <summary>Reads the attributes of a source op.</summary>
internal sealed class SourceAttributes(SourceOp source)
{
    /// <summary>Value of an attribute; null if it is absent or empty.</summary>
    public string? Text(string key) => source.Attrs.TryGetValue(key, out string? value) && value.Length > 0 ? value : null;

    public bool Flag(string key) => Text(key) == "true";

    /// <summary>A positive decimal number; null if it is absent.</summary>
    public int? Positive(string key) => Text(key) is not { } text ? null
        : int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int number) && number > 0 ? number
        : throw Invalid(key, $"\"{text}\" is not a number above 0");

    /// <summary>A JSON array of strings; empty if it is absent.</summary>
    public IReadOnlyList<string> List(string key)
    {
        if (Text(key) is not { } text)
        {
            return [];
        }

        try
        {
            using JsonDocument document = JsonDocument.Parse(text);
            return document.RootElement.ValueKind == JsonValueKind.Null
                ? []
                : [.. document.RootElement.EnumerateArray().Select(item => item.GetString() ?? throw Invalid(key, "it holds something that is no string"))];
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw Invalid(key, "it is no JSON array of strings");
        }
    }

    /// <summary>Permission bits, octal with a leading 0, hexadecimal with 0x, else decimal; null if absent.</summary>
    public uint? Mode(string key)
    {
        if (Text(key) is not { } text)
        {
            return null;
        }

        try
        {
            return text switch
            {
                ['0', 'x' or 'X', .. string hex] => Convert.ToUInt32(hex, 16),
                ['0', 'o' or 'O', .. string octal] => Convert.ToUInt32(octal, 8),
                ['0', _, ..] => Convert.ToUInt32(text, 8),
                _ => uint.Parse(text, NumberStyles.None, CultureInfo.InvariantCulture),
            };
        }
        catch (Exception e) when (e is FormatException or OverflowException or ArgumentException)
        {
            throw Invalid(key, $"\"{text}\" is no file mode");
        }
    }

    public uint? Id(string key) => Text(key) is not { } text ? null
        : uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out uint id) ? id
        : throw Invalid(key, $"\"{text}\" is no user or group number");

    /// <summary>The identifier without its scheme.</summary>
    public string Rest => source.Identifier[(source.Identifier.IndexOf("://", StringComparison.Ordinal) + 3)..];

    public BuildException Invalid(string key, string reason) =>
        new(ErrorKind.Input, "read source", source.Identifier, $"attribute {key}: {reason}");
}
