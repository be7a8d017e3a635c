namespace Cairn.Llb.Graphs;

/// <summary>Identifiers of sources: a scheme and what the scheme makes of the rest.</summary>
public static class SourceIdentifier
{
    private const string Git = "git://";

    /// <summary>Splits <c>scheme://name</c>; null when there is no scheme.</summary>
    public static (string Scheme, string Name)? Split(string identifier)
    {
        ArgumentNullException.ThrowIfNull(identifier);
        int at = identifier.IndexOf("://", StringComparison.Ordinal);
        return at <= 0 ? null : (identifier[..at], identifier[(at + 3)..]);
    }

    /// <summary>The form that digests are taken over: a git identifier has no second scheme and no user name. Others are in that form already.</summary>
    public static string Normalize(string identifier)
    {
        ArgumentNullException.ThrowIfNull(identifier);
        if (!identifier.StartsWith(Git, StringComparison.Ordinal))
        {
            return identifier;
        }

        string rest = identifier[Git.Length..];
        int end = rest.AsSpan().IndexOfAny('#', '?');
        string address = end < 0 ? rest : rest[..end];
        string suffix = rest[address.Length..];
        if (Split(address) is { } inner)
        {
            address = inner.Name;
        }

        int slash = address.IndexOf('/', StringComparison.Ordinal);
        int at = address.LastIndexOf('@', slash < 0 ? address.Length - 1 : slash);
        return Git + address[(at + 1)..] + suffix;
    }
}
