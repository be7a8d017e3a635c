using System.Diagnostics.CodeAnalysis;

namespace Cairn.Llb;

/// <content>Reading references.</content>
public sealed partial record ImageReference
{
    private const int LongestName = 255;
    private const int LongestTag = 128;
    private const string AliasOfDefaultRegistry = "index.docker.io";
    private const string InvalidFormat = "invalid reference format";

    /// <summary>Reads a reference as people write it: "busybox" is "docker.io/library/busybox:latest".</summary>
    /// <exception cref="BuildException">Input: the text is no reference.</exception>
    public static ImageReference Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return TryParse(text, out ImageReference? reference, out string? reason) ? reference : throw Invalid(text, reason);
    }

    /// <summary>Reads a reference as people write it.</summary>
    public static bool TryParse(string text, [NotNullWhen(true)] out ImageReference? reference) => TryParse(text, out reference, out _);

    /// <summary>Reads a reference that is complete: what stands before the first slash is the host, and a tag or digest is there.</summary>
    /// <exception cref="BuildException">Input: the text is no such reference.</exception>
    public static ImageReference ParseComplete(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        int slash = text.IndexOf('/', StringComparison.Ordinal);
        if (slash <= 0)
        {
            throw Invalid(text, InvalidFormat);
        }

        if (!TryParseParts(text[..slash], text[(slash + 1)..], out ImageReference? reference, out string? reason))
        {
            throw Invalid(text, reason);
        }

        return reference.Tag is null && reference.Digest is null ? throw Invalid(text, "object required") : reference;
    }

    private static bool TryParse(
        string text, [NotNullWhen(true)] out ImageReference? reference, [NotNullWhen(false)] out string? reason)
    {
        reference = null;
        if (text.Length == 64 && text.All(char.IsAsciiHexDigitLower))
        {
            reason = "a name of 64 hexadecimal digits would be taken for an image id";
            return false;
        }

        (string registry, string rest) = SplitRegistry(text);
        if (!TryParseParts(registry, rest, out reference, out reason))
        {
            return false;
        }

        if (reference.Tag is null && reference.Digest is null)
        {
            reference = new ImageReference(reference.Registry, reference.Repository, DefaultTag, null);
        }

        return true;
    }

    // The first part is a host if it looks like one; "a/b" is a repository of the default registry.
    private static (string Registry, string Path) SplitRegistry(string text)
    {
        int slash = text.IndexOf('/', StringComparison.Ordinal);
        string first = slash < 0 ? "" : text[..slash];
        bool isHost = first == "localhost" || first.AsSpan().ContainsAny('.', ':') || first.Any(char.IsAsciiLetterUpper);
        string registry = isHost ? first : DefaultRegistry;
        string rest = isHost ? text[(slash + 1)..] : text;
        registry = registry == AliasOfDefaultRegistry ? DefaultRegistry : registry;
        bool isOfficial = registry == DefaultRegistry && !rest.Contains('/', StringComparison.Ordinal);
        return (registry, isOfficial ? "library/" + rest : rest);
    }

    private static bool TryParseParts(
        string registry, string rest, [NotNullWhen(true)] out ImageReference? reference, [NotNullWhen(false)] out string? reason)
    {
        reference = null;
        reason = null;
        Digest? digest = null;
        int at = rest.IndexOf('@', StringComparison.Ordinal);
        if (at >= 0)
        {
            if (!Llb.Digest.TryParse(rest[(at + 1)..], out Digest parsed))
            {
                reason = $"invalid digest \"{rest[(at + 1)..]}\"";
                return false;
            }

            digest = parsed;
            rest = rest[..at];
        }

        string? tag = null;
        int colon = rest.LastIndexOf(':');
        if (colon > rest.LastIndexOf('/'))
        {
            tag = rest[(colon + 1)..];
            rest = rest[..colon];
        }

        reason = !IsHost(registry) || (tag is not null && !IsTag(tag)) ? InvalidFormat
            : rest.Any(char.IsAsciiLetterUpper) ? InvalidFormat + $": repository name ({rest}) must be lowercase"
            : !rest.Split('/').All(IsPathPart) ? InvalidFormat
            : registry.Length + 1 + rest.Length > LongestName ? $"repository name must not be more than {LongestName} characters"
            : null;
        if (reason is not null)
        {
            return false;
        }

        reference = new ImageReference(registry, rest, tag, digest);
        return true;
    }

    private static bool IsTag(string tag) =>
        tag.Length is > 0 and <= LongestTag && tag[0] is not ('.' or '-')
        && tag.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '.' or '-');

    // Runs of lower-case letters and digits, joined by one dot, one or two underscores, or any number of dashes.
    private static bool IsPathPart(string part)
    {
        int joint = 0;
        for (int i = 0; i <= part.Length; i++)
        {
            if (i < part.Length && part[i] is '.' or '_' or '-')
            {
                joint++;
                continue;
            }

            bool isPlain = i < part.Length && (char.IsAsciiLetterLower(part[i]) || char.IsAsciiDigit(part[i]));
            if (i < part.Length && !isPlain)
            {
                return false;
            }

            if (joint > 0 && (i == joint || i == part.Length || !IsJoint(part.AsSpan(i - joint, joint))))
            {
                return false;
            }

            joint = 0;
        }

        return part.Length > 0;
    }

    private static bool IsJoint(ReadOnlySpan<char> text) => text is "." or "_" or "__" || !text.ContainsAnyExcept('-');

    private static bool IsHost(string registry)
    {
        ReadOnlySpan<char> host = registry;
        int colon = host.LastIndexOf(':');
        if (colon >= 0 && !host.EndsWith("]"))
        {
            if (colon == host.Length - 1 || host[(colon + 1)..].ContainsAnyExceptInRange('0', '9'))
            {
                return false;
            }

            host = host[..colon];
        }

        if (host.StartsWith("[") && host.EndsWith("]"))
        {
            return System.Net.IPAddress.TryParse(host[1..^1], out _);
        }

        foreach (Range range in host.Split('.'))
        {
            ReadOnlySpan<char> label = host[range];
            if (label.IsEmpty || label[0] == '-' || label[^1] == '-')
            {
                return false;
            }

            foreach (char c in label)
            {
                if (!char.IsAsciiLetterOrDigit(c) && c != '-')
                {
                    return false;
                }
            }
        }

        return true;
    }

    private static BuildException Invalid(string text, string reason) => new(
        ErrorKind.Input, "parse reference", $"\"{text}\"", reason,
        "Write it like busybox, busybox:1.36 or registry.example.com:5000/team/app@sha256:….");
}
