using Cairn.Llb;

namespace Cairn.Frontend.Dockerfile.Contexts;

/// <summary>A remote repository, perhaps at a ref and in a subdirectory.</summary>
/// <param name="Remote">What git clones from, without query and fragment.</param>
/// <param name="Location">Host and path, without scheme and user.</param>
internal sealed record GitReference(string Remote, string Location)
{
    public string? Ref { get; private init; }
    public string? Subdirectory { get; private init; }
    public string? Checksum { get; private init; }
    public bool? KeepGitDirectory { get; private init; }
    public bool? Submodules { get; private init; }
    public bool? FetchByCommit { get; private init; }
    public string? ModificationTimes { get; init; }

    public bool IsSsh => Remote.StartsWith("ssh://", StringComparison.Ordinal) || !Remote.Contains("://", StringComparison.Ordinal);

    /// <summary>The fragment of the LLB identifier: <c>#ref:subdirectory</c>, or nothing.</summary>
    public string Fragment => (Ref, Subdirectory) switch
    {
        (null, null) => "",
        (_, null) => "#" + Ref,
        _ => $"#{Ref}:{Subdirectory}",
    };

    /// <summary>The repository a text names, or null when it names none.</summary>
    /// <param name="text">An address with an optional query and fragment.</param>
    /// <param name="isContext">It is the main context, where <c>github.com/…</c> counts too.</param>
    /// <exception cref="BuildException">It is one, and its query is wrong.</exception>
    public static GitReference? TryParse(string text, bool isContext)
    {
        if (text.StartsWith("./", StringComparison.Ordinal) || text.StartsWith("../", StringComparison.Ordinal))
        {
            return null;
        }
        string address = text;
        string fragment = Cut(ref address, '#');
        string query = Cut(ref address, '?');
        (string? remote, string location) = ParseAddress(address, isContext);
        if (remote is null)
        {
            return null;
        }
        int colon = fragment.IndexOf(':', StringComparison.Ordinal);
        string gitRef = colon < 0 ? fragment : fragment[..colon];
        var reference = new GitReference(remote, location)
        {
            Ref = gitRef.Length > 0 ? gitRef : null,
            Subdirectory = colon >= 0 && colon + 1 < fragment.Length ? fragment[(colon + 1)..] : null,
        };
        return query.Length > 0 ? reference.WithQuery(query, text) : reference;
    }

    private static string Cut(ref string text, char mark)
    {
        int at = text.IndexOf(mark, StringComparison.Ordinal);
        string behind = at < 0 ? "" : text[(at + 1)..];
        text = at < 0 ? text : text[..at];
        return behind;
    }

    private static (string? Remote, string Location) ParseAddress(string address, bool isContext)
    {
        int scheme = address.IndexOf("://", StringComparison.Ordinal);
        if (scheme >= 0)
        {
            string name = address[..scheme];
            string location = address[(scheme + 3)..];
            location = location[(location.IndexOf('@', StringComparison.Ordinal) + 1)..];
            bool isGit = name is "git" or "ssh" || (name is "http" or "https" && address.EndsWith(".git", StringComparison.Ordinal));
            return isGit ? (address, location) : (null, "");
        }
        if (isContext && address.StartsWith("github.com/", StringComparison.Ordinal))
        {
            return ($"https://{address}", address);
        }
        int at = address.IndexOf('@', StringComparison.Ordinal);
        int colon = address.IndexOf(':', StringComparison.Ordinal);
        bool isScp = at > 0 && colon > at + 1 && address.AsSpan(0, colon).IndexOf('/') < 0;
        return isScp ? (address, $"{address[(at + 1)..colon]}/{address[(colon + 1)..]}") : (null, "");
    }

    private GitReference WithQuery(string query, string text)
    {
        GitReference reference = this;
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (string pair in query.Split('&'))
        {
            int equals = pair.IndexOf('=', StringComparison.Ordinal);
            string key = Uri.UnescapeDataString(equals < 0 ? pair : pair[..equals]);
            string value = equals < 0 ? "" : Uri.UnescapeDataString(pair[(equals + 1)..]);
            if (!seen.Add(key))
            {
                throw Invalid(text, $"query {key} has multiple values");
            }
            reference = reference.WithPair(key, value, text);
        }
        return reference;
    }

    private GitReference WithPair(string key, string value, string text)
    {
        switch (key)
        {
            case "submodules":
                return this with { Submodules = Boolean(key, value, text) };
            case "keep-git-dir":
                return this with { KeepGitDirectory = Boolean(key, value, text) };
            case "fetch-by-commit":
                return this with { FetchByCommit = Boolean(key, value, text) };
            case "ref" or "tag" or "branch" or "subdir" or "checksum" or "commit" or "mtime" when value.Length == 0:
                throw Invalid(text, $"query {key} has no value");
            case "ref" or "tag" or "branch":
                string full = key switch { "tag" => "refs/tags/" + value, "branch" => "refs/heads/" + value, _ => value };
                return Ref is null || Ref == full ? this with { Ref = full } : throw Invalid(text, $"ref conflicts: {Ref} and {full}");
            case "subdir":
                return Subdirectory is null || Subdirectory == value
                    ? this with { Subdirectory = value }
                    : throw Invalid(text, $"subdir conflicts: {Subdirectory} and {value}");
            case "checksum" or "commit":
                return Checksum is null || Checksum == value
                    ? this with { Checksum = value }
                    : throw Invalid(text, $"checksum conflicts: {Checksum} and {value}");
            case "mtime":
                return value is "checkout" or "commit" ? this with { ModificationTimes = value } : throw Invalid(text, $"invalid mtime {value}");
            default:
                throw Invalid(text, $"unexpected query {key}");
        }
    }

    private static bool Boolean(string key, string value, string text) => value switch
    {
        "" or "true" or "1" => true,
        "false" or "0" => false,
        _ => throw Invalid(text, $"query {key} is not a boolean: {value}"),
    };

    private static BuildException Invalid(string text, string reason) =>
        new(ErrorKind.Input, "read git reference", text, reason);
}
