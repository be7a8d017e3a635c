namespace Cairn.Llb.Building;

/// <summary>A git remote as users write it, taken apart for the source's identifier.</summary>
internal sealed record GitRemote(string Identifier, string FullUrl, bool IsSsh)
{
    private static readonly string[] Schemes = ["http", "https", "ssh", "git"];

    public static GitRemote Parse(string remote)
    {
        ArgumentNullException.ThrowIfNull(remote);
        int hash = remote.IndexOf('#', StringComparison.Ordinal);
        string url = hash < 0 ? remote : remote[..hash];
        string fragment = hash < 0 ? "" : remote[hash..];
        (string host, string path, string full, bool isSsh) = Split(url);
        if (host.Length == 0 || path.Length == 0)
        {
            throw new BuildException(ErrorKind.Input, "read git remote", $"\"{remote}\"", "it names no repository");
        }

        return new GitRemote($"git://{host}/{path}{fragment}", full, isSsh);
    }

    private static (string Host, string Path, string FullUrl, bool IsSsh) Split(string url)
    {
        int scheme = url.IndexOf("://", StringComparison.Ordinal);
        if (scheme >= 0)
        {
            string name = url[..scheme];
            if (!Schemes.Contains(name))
            {
                throw new BuildException(ErrorKind.Input, "read git remote", $"\"{url}\"", $"invalid protocol \"{name}\"");
            }

            (string host, string path) = Cut(url[(scheme + 3)..], '/');
            return (WithoutUser(host), path, url, name == "ssh");
        }

        // user@host:path, as scp writes it
        int at = url.IndexOf('@', StringComparison.Ordinal);
        int colon = url.IndexOf(':', StringComparison.Ordinal);
        if (at > 0 && colon > at && !url[..colon].Contains('/', StringComparison.Ordinal))
        {
            return (url[(at + 1)..colon], url[(colon + 1)..].TrimStart('/'), url, true);
        }

        (string bareHost, string barePath) = Cut(url, '/');
        return (bareHost, barePath, "https://" + url, false);
    }

    private static (string Before, string After) Cut(string text, char separator)
    {
        int at = text.IndexOf(separator, StringComparison.Ordinal);
        return at < 0 ? (text, "") : (text[..at], text[(at + 1)..]);
    }

    private static string WithoutUser(string host) => host[(host.LastIndexOf('@') + 1)..];
}
