namespace Cairn.Frontend.Dockerfile.Parsing;

/// <summary>Finds what a mistyped word may have meant.</summary>
internal static class Suggestion
{
    private const int MostEdits = 2;

    /// <summary>" (did you mean x?)" for the nearest of the words within two edits, else the empty string.</summary>
    public static string For(string word, IEnumerable<string> known) =>
        Nearest(word, known) is { } nearest ? $" (did you mean {nearest}?)" : "";

    /// <summary>The word within two edits that is nearest, the first of equals; null when there is none.</summary>
    public static string? Nearest(string word, IEnumerable<string> known)
    {
        string? best = null;
        int fewest = MostEdits + 1;
        foreach (string candidate in known)
        {
            int edits = Distance(word.ToUpperInvariant(), candidate.ToUpperInvariant());
            if (edits > 0 && edits < fewest && edits < word.Length)
            {
                best = candidate;
                fewest = edits;
            }
        }
        return best;
    }

    private static int Distance(string a, string b)
    {
        int[] row = new int[b.Length + 1];
        for (int j = 0; j <= b.Length; j++)
        {
            row[j] = j;
        }
        for (int i = 1; i <= a.Length; i++)
        {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= b.Length; j++)
            {
                int above = row[j];
                int change = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
                row[j] = Math.Min(change, Math.Min(above, row[j - 1]) + 1);
                diagonal = above;
            }
        }
        return row[b.Length];
    }
}
