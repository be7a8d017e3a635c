using System.Globalization;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Cairn.Llb;

namespace Cairn.Client.Connecting;

/// <summary>Opens the stream to a daemon.</summary>
internal static class Dialer
{
    /// <exception cref="BuildException">Environment: the daemon cannot be reached.</exception>
    public static async Task<Stream> DialAsync(DaemonAddress address, ClientOptions options, CancellationToken cancellationToken)
    {
        using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(options.ConnectTimeout);
        try
        {
            return address switch
            {
                { Path: { } path } => await ConnectAsync(new UnixDomainSocketEndPoint(path), AddressFamily.Unix, ProtocolType.Unspecified, limit.Token),
                { IsSsh: true } => Ssh(address),
                _ => await TcpAsync(address, options.Tls, limit.Token),
            };
        }
        catch (Exception e) when (e is SocketException or IOException or AuthenticationException or ArgumentException)
        {
            throw Unreachable(address, e.Message, e);
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw Unreachable(address, $"no answer within {options.ConnectTimeout.TotalSeconds:0} s", e);
        }
    }

    private static async Task<Stream> ConnectAsync(
        System.Net.EndPoint target, AddressFamily family, ProtocolType protocol, CancellationToken cancellationToken)
    {
        var socket = new Socket(family, SocketType.Stream, protocol);
        try
        {
            await socket.ConnectAsync(target, cancellationToken);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private static async Task<Stream> TcpAsync(DaemonAddress address, ClientTls? tls, CancellationToken cancellationToken)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(address.Host!, address.Port, cancellationToken);
            var stream = new NetworkStream(socket, ownsSocket: true);
            return tls is null ? stream : await SecureAsync(stream, address, tls, cancellationToken);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private static async Task<Stream> SecureAsync(NetworkStream stream, DaemonAddress address, ClientTls tls, CancellationToken cancellationToken)
    {
        var secure = new SslStream(stream);
        var options = new SslClientAuthenticationOptions
        {
            TargetHost = tls.ServerName ?? address.Host,
            ApplicationProtocols = [SslApplicationProtocol.Http2],
            ClientCertificates = tls.Certificate is { } own ? [own] : null,
        };
        if (tls.Authorities is { } authorities)
        {
            options.CertificateChainPolicy = new X509ChainPolicy
            {
                TrustMode = X509ChainTrustMode.CustomRootTrust,
                RevocationMode = X509RevocationMode.NoCheck,
            };
            options.CertificateChainPolicy.CustomTrustStore.AddRange(authorities);
        }

        await secure.AuthenticateAsClientAsync(options, cancellationToken);
        return secure;
    }

    private static CommandStream Ssh(DaemonAddress address)
    {
        List<string> arguments = ["-T"];
        if (address.Port != 0)
        {
            arguments.AddRange(["-p", address.Port.ToString(CultureInfo.InvariantCulture)]);
        }

        arguments.AddRange(["--", address.Host!, "cairn", "daemon", "dial-stdio"]);
        return CommandStream.Start("ssh", arguments);
    }

    private static BuildException Unreachable(DaemonAddress address, string reason, Exception inner) =>
        new(ErrorKind.Environment, "reach daemon", address.Text, reason, "See whether the daemon runs and listens there.", inner);
}
