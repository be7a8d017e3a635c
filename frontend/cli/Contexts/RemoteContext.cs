namespace Cairn.Cli.Contexts;

/// <summary>Tells contexts that the engine fetches (git, http) from paths.</summary>
internal static class RemoteContext
{
    private static readonly string[] Prefixes = ["http://", "https://", "git://", "ssh://", "git@", "github.com/"];

    public static bool IsRemote(string text) => Prefixes.Any(p => text.StartsWith(p, StringComparison.Ordinal)) || IsScpLike(text);

    // user@host:path
    private static bool IsScpLike(string text)
    {
        int at = text.IndexOf('@', StringComparison.Ordinal), colon = text.IndexOf(':', StringComparison.Ordinal), slash = text.IndexOf('/', StringComparison.Ordinal);
        return at > 0 && colon > at && (slash < 0 || slash > colon) && !text.StartsWith('.') && !text.StartsWith('/');
    }
}
