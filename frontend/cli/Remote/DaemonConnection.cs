using Cairn.Client;
using Cairn.Client.Connecting;

namespace Cairn.Cli.Remote;

/// <summary>Opens the connection that <c>--addr</c> means.</summary>
internal static class DaemonConnection
{
    /// <summary>Connects, with the certificates that <c>$CAIRN_TLS_CA</c>, <c>_CERT</c>, <c>_KEY</c> and <c>_SERVERNAME</c> name.</summary>
    /// <exception cref="Cairn.Llb.BuildException">The daemon cannot be reached.</exception>
    public static Task<BuildClient> OpenAsync(string address, CancellationToken cancellationToken)
    {
        (string? authorities, string? certificate, string? key, string? name) = (Variable("CA"), Variable("CERT"), Variable("KEY"), Variable("SERVERNAME"));
        ClientTls? tls = authorities is null && certificate is null ? null : ClientTls.FromFiles(authorities, certificate, key, name);
        return BuildClient.ConnectAsync(address, new ClientOptions { Tls = tls }, cancellationToken);
    }

    private static string? Variable(string name) => Environment.GetEnvironmentVariable("CAIRN_TLS_" + name) is { Length: > 0 } value ? value : null;
}
