using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Cairn.Rpc.Server;

/// <summary>One address: takes connections, makes them TLS where that is asked for, and hands them on.</summary>
internal sealed class RpcListener : IAsyncDisposable
{
    private const int Backlog = 512;
    private const string ClientAuthentication = "1.3.6.1.5.5.7.3.2";

    // A client that does not finish its handshake, and the pause after an accept that failed for want of descriptors or memory.
    private static readonly TimeSpan HandshakeTime = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    private readonly RpcEndpoint _endpoint;
    private readonly RpcServerOptions _options;
    private readonly Action<Stream, RpcPeer> _serve;
    private readonly Socket _socket;
    private readonly CancellationTokenSource _stopping = new();
    private Task _accepting = Task.CompletedTask;

    public RpcListener(RpcEndpoint endpoint, RpcServerOptions options, Action<Stream, RpcPeer> serve)
    {
        _endpoint = endpoint;
        _options = options;
        _serve = serve;
        _socket = endpoint.Inherited ?? Bind(endpoint);
        Address = _socket.LocalEndPoint!;
    }

    public EndPoint Address { get; }

    public void Begin() => _accepting = AcceptAsync();

    /// <summary>Gives the address up; for one that has not begun.</summary>
    public void Close()
    {
        _socket.Dispose();
        _stopping.Dispose();
    }

    public async ValueTask DisposeAsync()
    {
        if (_stopping.IsCancellationRequested)
        {
            return;
        }

        await _stopping.CancelAsync();
        await _accepting;
        _socket.Dispose();
    }

    private static Socket Bind(RpcEndpoint endpoint)
    {
        EndPoint address = endpoint.Address;
        string? path = (address as UnixDomainSocketEndPoint)?.ToString();
        var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            if (path is not null && File.Exists(path) && !IsAnswered(path))
            {
                File.Delete(path);
            }

            socket.Bind(address);
            if (path is not null)
            {
                endpoint.Bound?.Invoke(path);
            }

            socket.Listen(Backlog);
            return socket;
        }
        catch (SocketException e)
        {
            socket.Dispose();
            throw new IOException($"cannot listen on {path ?? address.ToString()}: {e.Message}", e);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private static bool IsAnswered(string path)
    {
        using var probe = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            probe.Connect(new UnixDomainSocketEndPoint(path));
            return true;
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.ConnectionRefused)
        {
            return false;
        }
    }

    private async Task AcceptAsync()
    {
        while (!_stopping.IsCancellationRequested)
        {
            try
            {
                Socket client = await _socket.AcceptAsync(_stopping.Token);
                _ = Task.Run(() => WelcomeAsync(client));
            }
            catch (OperationCanceledException)
            {
                return;
            }
            catch (SocketException e)
            {
                _options.Logger.AcceptFailed(Address.ToString() ?? "", e);
                await Task.Delay(Pause, _options.Clock, CancellationToken.None);
            }
        }
    }

    private async Task WelcomeAsync(Socket client)
    {
        Stream stream = new NetworkStream(client, ownsSocket: true);
        try
        {
            EndPoint? remote = client.RemoteEndPoint;
            X509Certificate2? certificate = null;
            if (client.AddressFamily != AddressFamily.Unix)
            {
                client.NoDelay = true;
            }

            if (_endpoint.Tls is { } tls)
            {
                var secure = new SslStream(stream, leaveInnerStreamOpen: false);
                stream = secure;
                using var deadline = CancellationTokenSource.CreateLinkedTokenSource(_stopping.Token);
                deadline.CancelAfter(HandshakeTime);
                await secure.AuthenticateAsServerAsync(Secure(tls), deadline.Token);
                certificate = secure.RemoteCertificate as X509Certificate2;
            }

            _serve(stream, new RpcPeer(remote, certificate));
        }
        catch (Exception e) when (e is AuthenticationException or IOException or SocketException or OperationCanceledException or CryptographicException)
        {
            await stream.DisposeAsync();
            _options.Logger.ClientRefused(Address.ToString() ?? "", e);
        }
    }

    private static SslServerAuthenticationOptions Secure(RpcTls tls) => new()
    {
        ServerCertificateContext = SslStreamCertificateContext.Create(tls.Certificate, tls.Chain, offline: true),
        ApplicationProtocols = [SslApplicationProtocol.Http2],
        ClientCertificateRequired = tls.ClientAuthorities is not null,
        RemoteCertificateValidationCallback = (_, certificate, sent, _) =>
            tls.ClientAuthorities is null || (certificate is X509Certificate2 known && IsTrusted(known, sent, tls.ClientAuthorities)),
    };

    private static bool IsTrusted(X509Certificate2 certificate, X509Chain? sent, X509Certificate2Collection authorities)
    {
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.AddRange(authorities);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.ApplicationPolicy.Add(new Oid(ClientAuthentication));
        foreach (X509ChainElement element in sent?.ChainElements ?? Enumerable.Empty<X509ChainElement>())
        {
            chain.ChainPolicy.ExtraStore.Add(element.Certificate);
        }

        return chain.Build(certificate);
    }
}
