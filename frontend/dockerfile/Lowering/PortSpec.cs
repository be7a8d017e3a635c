using System.Globalization;
using Cairn.Frontend.Dockerfile.Parsing;

namespace Cairn.Frontend.Dockerfile.Lowering;

/// <summary>A port of EXPOSE: <c>[ip:][hostport:]port[-end][/protocol]</c>.</summary>
/// <param name="Ports">Each port by itself, <c>80/tcp</c>.</param>
/// <param name="Protocol">The protocol as written; <c>tcp</c> when none is.</param>
/// <param name="MapsHost">An address or a host port is given; neither means anything in an image.</param>
internal sealed record PortSpec(IReadOnlyList<string> Ports, string Protocol, bool MapsHost)
{
    private static readonly string[] Protocols = ["tcp", "udp", "sctp"];

    /// <exception cref="SyntaxFault">It is no port.</exception>
    public static PortSpec Parse(string text)
    {
        int slash = text.IndexOf('/', StringComparison.Ordinal);
        string protocol = slash < 0 || slash + 1 == text.Length ? "tcp" : text[(slash + 1)..];
        if (!Protocols.Contains(protocol.ToLowerInvariant()))
        {
            throw new SyntaxFault($"invalid proto: {protocol}");
        }
        string address = slash < 0 ? text : text[..slash];
        int colon = address.LastIndexOf(':');
        string range = address[(colon + 1)..];
        if (range.Length == 0)
        {
            throw new SyntaxFault($"no port specified: {text}<empty>");
        }
        int dash = range.IndexOf('-', StringComparison.Ordinal);
        int first = Number(dash < 0 ? range : range[..dash], text);
        int last = dash < 0 ? first : Number(range[(dash + 1)..], text);
        if (last < first)
        {
            throw new SyntaxFault($"invalid containerPort: {range}: invalid range specified for port: {range}");
        }
        string[] ports = [.. Enumerable.Range(first, last - first + 1).Select(port => $"{port}/{protocol.ToLowerInvariant()}")];
        return new PortSpec(ports, protocol, colon >= 0);
    }

    private static int Number(string text, string whole) =>
        ushort.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out ushort port)
            ? port
            : throw new SyntaxFault($"invalid containerPort: {whole}");
}
