using System.Text;

namespace Cairn.Cli.Settings;

/// <summary>The comma-separated fields that --output, --secret and their like take: a field that begins with '"' ends at the next lone '"', and '""' in it means '"'.</summary>
internal static class CsvFields
{
    /// <exception cref="UsageException">A quote is not closed or stands inside a bare field.</exception>
    public static IReadOnlyList<string> Split(string text, string flag)
    {
        List<string> fields = [];
        var field = new StringBuilder();
        int at = 0;
        while (true)
        {
            field.Clear();
            if (at < text.Length && text[at] == '"')
            {
                at = ReadQuoted(text, at + 1, field, flag);
            }
            else
            {
                while (at < text.Length && text[at] != ',')
                {
                    if (text[at] == '"')
                    {
                        throw new UsageException($"{flag}: a '\"' stands inside a field of '{text}'; quote the whole field");
                    }

                    field.Append(text[at++]);
                }
            }

            fields.Add(field.ToString());
            if (at == text.Length)
            {
                return fields;
            }

            if (text[at] != ',')
            {
                throw new UsageException($"{flag}: something follows the closing '\"' in '{text}'");
            }

            at++;
        }
    }

    /// <summary>The fields as key=value pairs. Keys are lower-cased; a field without '=' has the value given by <paramref name="bare"/>.</summary>
    /// <exception cref="UsageException">A key is repeated, or a bare field is not allowed.</exception>
    public static IReadOnlyDictionary<string, string> Pairs(IReadOnlyList<string> fields, string flag, string? bare)
    {
        SortedDictionary<string, string> pairs = new(StringComparer.Ordinal);
        foreach (string field in fields)
        {
            int equals = field.IndexOf('=', StringComparison.Ordinal);
            string key = (equals < 0 ? field : field[..equals]).Trim().ToLowerInvariant();
            string value = equals >= 0
                ? field[(equals + 1)..]
                : bare ?? throw new UsageException($"{flag}: invalid field '{field}': it must be a key=value pair");
            if (!pairs.TryAdd(key, value))
            {
                throw new UsageException($"{flag}: '{key}' is given twice");
            }
        }

        return pairs;
    }

    private static int ReadQuoted(string text, int at, StringBuilder field, string flag)
    {
        while (at < text.Length)
        {
            if (text[at] != '"')
            {
                field.Append(text[at++]);
            }
            else if (at + 1 < text.Length && text[at + 1] == '"')
            {
                field.Append('"');
                at += 2;
            }
            else
            {
                return at + 1;
            }
        }

        throw new UsageException($"{flag}: a '\"' is not closed in '{text}'");
    }
}
