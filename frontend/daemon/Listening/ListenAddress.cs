using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Cairn.Llb;

namespace Cairn.Daemon.Listening;

/// <summary>One <c>--addr</c>, read.</summary>
/// <param name="Scheme"><c>unix</c>, <c>tcp</c> or <c>fd</c>.</param>
/// <param name="Rest">What stands after <c>://</c>.</param>
internal sealed record ListenAddress(string Scheme, string Rest)
{
    private const string Mark = "://";

    /// <summary>Reads an address.</summary>
    /// <exception cref="BuildException">Input: it has no scheme, or one that is unknown.</exception>
    public static ListenAddress Parse(string text)
    {
        int mark = text.IndexOf(Mark, StringComparison.Ordinal);
        if (mark < 0)
        {
            throw new BuildException(
                ErrorKind.Input, "", "", $"address {text} does not contain proto, you meant unix://{text} ?");
        }

        string scheme = text[..mark];
        string rest = text[(mark + Mark.Length)..];
        return scheme switch
        {
            "unix" when rest.Length > 0 => new ListenAddress(scheme, rest),
            "tcp" when rest.Length > 0 => new ListenAddress(scheme, rest),
            "fd" => new ListenAddress(scheme, rest),
            "npipe" => throw new BuildException(ErrorKind.Input, "listen on", text, "named pipes exist on Windows only"),
            _ => throw new BuildException(ErrorKind.Input, "listen on", text, "addresses are unix://PATH, tcp://HOST:PORT and fd://"),
        };
    }

    /// <summary>The address as one of the network.</summary>
    /// <exception cref="BuildException">Input: not host and port, or a host that nobody knows.</exception>
    public EndPoint ToEndPoint()
    {
        if (Scheme == "unix")
        {
            return new UnixDomainSocketEndPoint(Rest);
        }

        int colon = Rest.LastIndexOf(':');
        if (colon < 0 || !ushort.TryParse(Rest.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out ushort port))
        {
            throw new BuildException(ErrorKind.Input, "listen on", ToString(), "the address is not HOST:PORT");
        }

        string host = Rest[..colon].Trim('[', ']');
        if (host.Length == 0)
        {
            return new IPEndPoint(Socket.OSSupportsIPv6 ? IPAddress.IPv6Any : IPAddress.Any, port);
        }

        if (IPAddress.TryParse(host, out IPAddress? address))
        {
            return new IPEndPoint(address, port);
        }

        try
        {
            return new IPEndPoint(Dns.GetHostAddresses(host)[0], port);
        }
        catch (Exception e) when (e is SocketException or IndexOutOfRangeException)
        {
            throw new BuildException(ErrorKind.Environment, "listen on", ToString(), $"the host {host} is unknown", remedy: null, e);
        }
    }

    /// <inheritdoc/>
    public override string ToString() => Scheme + Mark + Rest;
}
