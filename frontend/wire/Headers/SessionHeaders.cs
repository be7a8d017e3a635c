using System.Globalization;
using Cairn.Rpc.Calls;

namespace Cairn.Wire.Headers;

/// <summary>What a client says of its session when it opens the tunnel.</summary>
/// <param name="Id">Chosen by the client; opaque.</param>
/// <param name="SharedKey">Names the client's context across sessions; may be empty.</param>
/// <param name="Methods">What the client serves, in lower case: methods are compared without regard to case.</param>
/// <param name="HealthTimeout">Time between health checks; null means the usual.</param>
/// <remarks>Source: session.md, section 2.1.</remarks>
public sealed record SessionHeaders(string Id, string SharedKey, IReadOnlySet<string> Methods, TimeSpan? HealthTimeout)
{
    /// <summary>Reads the metadata of Control.Session.</summary>
    /// <returns>Null if there is no session id.</returns>
    public static SessionHeaders? TryRead(Metadata metadata)
    {
        ArgumentNullException.ThrowIfNull(metadata);
        if (metadata.Find(HeaderNames.SessionId) is not { Length: > 0 } id)
        {
            return null;
        }

        TimeSpan? health = long.TryParse(
                metadata.Find(HeaderNames.SessionHealthTimeout), NumberStyles.None, CultureInfo.InvariantCulture, out long milliseconds)
            && milliseconds is > 0 and <= int.MaxValue ? TimeSpan.FromMilliseconds(milliseconds) : null;
        return new SessionHeaders(
            id,
            metadata.Find(HeaderNames.SessionSharedKey) ?? "",
            metadata.FindAll(HeaderNames.SessionMethod).Select(Normal).ToHashSet(StringComparer.Ordinal),
            health);
    }

    /// <summary>The metadata of Control.Session, with the methods as they are written.</summary>
    /// <param name="methods">Paths of the methods that the client serves.</param>
    public Metadata ToMetadata(IEnumerable<string> methods)
    {
        ArgumentNullException.ThrowIfNull(methods);
        var metadata = new Metadata { { HeaderNames.SessionId, Id }, { HeaderNames.SessionSharedKey, SharedKey } };
        foreach (string method in methods)
        {
            metadata.Add(HeaderNames.SessionMethod, method);
        }

        if (HealthTimeout is { } health)
        {
            metadata.Add(HeaderNames.SessionHealthTimeout, ((long)health.TotalMilliseconds).ToString(CultureInfo.InvariantCulture));
        }

        return metadata;
    }

    /// <summary>Whether the client serves a method.</summary>
    /// <param name="path"><c>/package.Service/Method</c>.</param>
    public bool Serves(string path) => Methods.Contains(Normal(path));

    private static string Normal(string path) => path.ToLowerInvariant();
}
