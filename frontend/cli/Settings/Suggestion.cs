namespace Cairn.Cli.Settings;

/// <summary>"did you mean": the known word nearest to one that was mistyped.</summary>
internal static class Suggestion
{
    /// <summary>" (did you mean X?)", or nothing when no known word is near.</summary>
    public static string Text(string typed, IEnumerable<string> known) =>
        Nearest(typed, known) is { } nearest ? $" (did you mean {nearest}?)" : "";

    /// <summary>The known word with the fewest edits from <paramref name="typed"/>, at most a third of its length.</summary>
    public static string? Nearest(string typed, IEnumerable<string> known)
    {
        string? best = null;
        int fewest = Math.Max(1, typed.TrimStart('-').Length / 3) + 1;
        foreach (string word in known)
        {
            int edits = Distance(typed, word);
            if (edits < fewest)
            {
                (best, fewest) = (word, edits);
            }
        }

        return best;
    }

    // Insertions, deletions, replacements and swaps of neighbours (optimal string alignment).
    private static int Distance(string a, string b)
    {
        int[,] cost = new int[a.Length + 1, b.Length + 1];
        for (int i = 0; i <= a.Length; i++)
        {
            for (int j = 0; j <= b.Length; j++)
            {
                if (i == 0 || j == 0)
                {
                    cost[i, j] = i + j;
                    continue;
                }

                int replace = cost[i - 1, j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
                cost[i, j] = Math.Min(replace, Math.Min(cost[i - 1, j], cost[i, j - 1]) + 1);
                if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                {
                    cost[i, j] = Math.Min(cost[i, j], cost[i - 2, j - 2] + 1);
                }
            }
        }

        return cost[a.Length, b.Length];
    }
}
