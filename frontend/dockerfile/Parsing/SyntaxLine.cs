using System.Text.Json;
using System.Text.RegularExpressions;
using Cairn.Llb;

namespace Cairn.Frontend.Dockerfile.Parsing;

/// <summary>What a file says about the frontend that understands it.</summary>
/// <param name="Value">The frontend image and its arguments.</param>
/// <param name="Lines">Where it stands; null when it was given from outside.</param>
internal sealed partial record SyntaxLine(string Value, LineRange? Lines)
{
    private static readonly string[] Own = ["docker/dockerfile", "docker/dockerfile-upstream"];

    /// <summary>The frontend image.</summary>
    public string Source => WordList.CutAtBlanks(Value.Trim()).First;

    /// <summary>It names the frontend that this one stands in for.</summary>
    public bool NamesThisFrontend =>
        Source == "dockerfile.v0"
        || (ImageReference.TryParse(Source, out ImageReference? image)
            && image.Registry == ImageReference.DefaultRegistry && Own.Contains(image.Repository));

    /// <summary>Looks behind an optional <c>#!</c> line for directives in <c>#</c> or <c>//</c> comments, else for a JSON file that has a syntax.</summary>
    public static SyntaxLine? Find(SourceText text)
    {
        IReadOnlyList<string> lines = text.ReadLines();
        int first = lines.Count > 0 && lines[0].StartsWith("#!", StringComparison.Ordinal) ? 1 : 0;
        for (int i = first; i < lines.Count; i++)
        {
            Match match = Directive().Match(lines[i]);
            if (!match.Success)
            {
                break;
            }
            if (match.Groups[1].Value.Equals("syntax", StringComparison.OrdinalIgnoreCase))
            {
                return new SyntaxLine(match.Groups[2].Value, LineRange.At(i + 1));
            }
        }
        return FindInJson(text);
    }

    private static SyntaxLine? FindInJson(SourceText text)
    {
        if (!text.Content.AsSpan().TrimStart(" \t\r\n"u8).StartsWith("{"u8))
        {
            return null;
        }
        try
        {
            using JsonDocument document = JsonDocument.Parse(text.Content);
            return document.RootElement.TryGetProperty("syntax", out JsonElement syntax) && syntax.ValueKind == JsonValueKind.String
                ? new SyntaxLine(syntax.GetString()!, LineRange.At(1))
                : null;
        }
        catch (JsonException)
        {
            return null;   // not JSON: the parser will say what is wrong with it
        }
    }

    [GeneratedRegex(@"\A\s*(?:#|//)\s*([a-zA-Z][a-zA-Z0-9]*)\s*=\s*(.+?)\s*\z", RegexOptions.CultureInvariant)]
    private static partial Regex Directive();
}
