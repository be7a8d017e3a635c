using System.Globalization;
using Cairn.Llb;

namespace Cairn.Client.Connecting;

/// <summary>Where a daemon is: <c>unix://PATH</c>, <c>tcp://HOST:PORT</c> or <c>ssh://[USER@]HOST[:PORT]</c>.</summary>
public sealed record DaemonAddress
{
    private DaemonAddress(string text) => Text = text;

    /// <summary>As it was written.</summary>
    public string Text { get; }

    /// <summary>Path of a unix socket; null for addresses of other kinds.</summary>
    public string? Path { get; private init; }

    /// <summary>Host of a TCP or SSH address, with the user for SSH.</summary>
    public string? Host { get; private init; }

    /// <summary>Port; 0 means SSH's own.</summary>
    public int Port { get; private init; }

    /// <summary>It is reached by <c>ssh</c>, at whose other end <c>cairn daemon dial-stdio</c> is run.</summary>
    public bool IsSsh { get; private init; }

    /// <summary>Reads an address.</summary>
    /// <exception cref="BuildException">Input: it is none.</exception>
    public static DaemonAddress Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        int at = text.IndexOf("://", StringComparison.Ordinal);
        string scheme = at < 0 ? "" : text[..at];
        string rest = at < 0 ? text : text[(at + 3)..];
        switch (scheme)
        {
            case "unix" when rest.Length > 0:
                return new DaemonAddress(text) { Path = rest };
            case "tcp" when Split(rest) is var (host, port) && port > 0:
                return new DaemonAddress(text) { Host = host, Port = port };
            case "ssh" when Split(rest) is var (host, port) && !host.StartsWith('-'):
                return new DaemonAddress(text) { Host = host, Port = port, IsSsh = true };
            default:
                throw new BuildException(
                    ErrorKind.Input, "use address", text, "it is not understood", "Write unix://PATH, tcp://HOST:PORT or ssh://[USER@]HOST[:PORT].");
        }
    }

    /// <inheritdoc/>
    public override string ToString() => Text;

    private static (string Host, int Port)? Split(string text)
    {
        string host = text.TrimEnd('/');
        int port = 0;
        int colon = host.LastIndexOf(':');
        if (colon >= 0 && !host.EndsWith(']'))
        {
            if (!int.TryParse(host.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out port) || port is 0 or > 65535)
            {
                return null;
            }

            host = host[..colon];
        }

        return host.Length == 0 ? null : (host.Trim('[', ']'), port);
    }
}
