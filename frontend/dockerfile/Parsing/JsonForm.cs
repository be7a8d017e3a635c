using System.Text.Json;

namespace Cairn.Frontend.Dockerfile.Parsing;

/// <summary>The exec form: arguments as a JSON array of strings.</summary>
internal static class JsonForm
{
    /// <summary>The strings of the array, or null when the text is not JSON and so the shell form.</summary>
    /// <exception cref="SyntaxFault">It is a JSON array with something else than strings in it.</exception>
    public static IReadOnlyList<string>? TryParse(string text)
    {
        if (!text.StartsWith('['))
        {
            return null;
        }
        try
        {
            using JsonDocument document = JsonDocument.Parse(text);
            var strings = new List<string>();
            foreach (JsonElement element in document.RootElement.EnumerateArray())
            {
                strings.Add(element.ValueKind == JsonValueKind.String
                    ? element.GetString()!
                    : throw new SyntaxFault("when using JSON array syntax, arrays must be comprised of strings only"));
            }
            return strings;
        }
        catch (JsonException)
        {
            return null;   // "[ -f x ]" is a shell command that only looks like an array
        }
    }
}
