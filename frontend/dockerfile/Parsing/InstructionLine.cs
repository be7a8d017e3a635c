using System.Text;

namespace Cairn.Frontend.Dockerfile.Parsing;

/// <summary>Splits a joined line into name, flags and the rest.</summary>
internal static class InstructionLine
{
    private static readonly char[] Blanks = ['\t', '\v', '\f', '\r', ' '];

    public static InstructionText Split(string line, char escape, IReadOnlyList<string> comments)
    {
        string trimmed = line.Trim();
        int end = trimmed.IndexOfAny(Blanks);
        string name = end < 0 ? trimmed : trimmed[..end];
        string rest = end < 0 ? "" : trimmed[end..].TrimStart(Blanks);
        List<string> flags = CutFlags(ref rest, escape);
        return new InstructionText(name, flags, rest.Trim(), line, [], default, comments);
    }

    private static List<string> CutFlags(ref string rest, char escape)
    {
        var flags = new List<string>();
        int position = 0;
        while (true)
        {
            while (position < rest.Length && char.IsWhiteSpace(rest[position]))
            {
                position++;
            }
            if (!rest.AsSpan(position).StartsWith("--"))
            {
                break;
            }
            string word = ReadWord(rest, ref position, escape);
            if (word == "--")
            {
                break;
            }
            flags.Add(word);
        }
        rest = rest[position..];
        return flags;
    }

    private static string ReadWord(string text, ref int position, char escape)
    {
        var word = new StringBuilder();
        char quote = '\0';
        for (; position < text.Length; position++)
        {
            char c = text[position];
            if (quote == '\0' && char.IsWhiteSpace(c))
            {
                break;
            }
            if (c == escape)
            {
                if (++position < text.Length)
                {
                    word.Append(text[position]);
                }
            }
            else if (quote == '\0' && c is '\'' or '"')
            {
                quote = c;
            }
            else if (c == quote)
            {
                quote = '\0';
            }
            else
            {
                word.Append(c);
            }
        }
        return word.ToString();
    }
}
