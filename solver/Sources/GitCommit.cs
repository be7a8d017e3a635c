namespace Cairn.Solver.Sources;

/// <summary>What a ref was resolved to.</summary>
/// <param name="Commit">Full id of the commit.</param>
/// <param name="Object">What the ref itself names: of an annotated tag the tag object, else the commit.</param>
/// <param name="Ref">Full name of the ref; empty if there is none.</param>
internal sealed record GitCommit(string Commit, string Object, string Ref)
{
    public static bool IsFullId(string text) => text.Length is 40 or 64 && text.All(char.IsAsciiHexDigitLower);

    /// <summary>Reads the answer of <c>git ls-remote</c>: the exact ref, else a branch, else a tag of that name; without a name the default branch.</summary>
    public static GitCommit? TryFind(string list, string name)
    {
        var ids = new Dictionary<string, string>(StringComparer.Ordinal);
        string head = "HEAD";
        foreach (string line in list.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            string[] parts = line.Split('\t', 2);
            if (parts.Length == 2 && parts[0].StartsWith("ref: ", StringComparison.Ordinal))
            {
                head = parts[0][5..];
            }
            else if (parts.Length == 2)
            {
                ids[parts[1]] = parts[0];
            }
        }

        if (name.Length == 0)
        {
            return ids.TryGetValue("HEAD", out string? id) ? new GitCommit(id, id, head == "HEAD" ? "" : head) : null;
        }

        foreach (string candidate in (string[])[name, "refs/" + name, "refs/heads/" + name, "refs/tags/" + name])
        {
            if (candidate.StartsWith("refs/", StringComparison.Ordinal) && ids.TryGetValue(candidate, out string? id))
            {
                return new GitCommit(ids.GetValueOrDefault(candidate + "^{}", id), id, candidate);
            }
        }

        return null;
    }
}
