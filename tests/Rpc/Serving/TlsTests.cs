using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Cairn.Rpc.Calls;
using Cairn.Rpc.Client;
using Cairn.Rpc.Server;
using Cairn.Rpc.Tests.Support;
using Xunit;

namespace Cairn.Rpc.Tests.Serving;

/// <summary>A TCP listener that asks its clients for certificates.</summary>
public sealed class TlsTests : IAsyncLifetime
{
    private static readonly RpcMethod<string, string> WhoAmI = Wire.Method("WhoAmI");

    private readonly X509Certificate2 _authority = Authority("CN=ours");
    private readonly X509Certificate2 _stranger = Authority("CN=somebody else's");
    private RpcServer? _server;

    private int Port => ((IPEndPoint)_server!.Addresses[0]).Port;

    public ValueTask InitializeAsync()
    {
        var services = new TestServices();
        services.Table.AddUnary(WhoAmI, (_, call, _) => Task.FromResult(call.Peer.Certificate?.Subject ?? "nobody"));
        var tls = new RpcTls(Issue(_authority, "CN=localhost", server: true), [], [_authority]);
        _server = RpcServer.Listen(
            [new RpcEndpoint(new IPEndPoint(IPAddress.Loopback, 0), tls, null)], services.Table, new RpcServerOptions());
        return ValueTask.CompletedTask;
    }

    public async ValueTask DisposeAsync()
    {
        await _server!.DisposeAsync();
        _authority.Dispose();
        _stranger.Dispose();
    }

    [Fact]
    public async Task A_client_with_a_certificate_of_the_authority_is_let_in_and_known()
    {
        await using RpcChannel channel = await ConnectAsync(Issue(_authority, "CN=builder 7", server: false));
        Assert.Equal("CN=builder 7", await channel.CallAsync(WhoAmI, "", RpcCallOptions.None, CancellationToken.None));
        byte[] large = new byte[10 << 20];
        Assert.Equal(large.Length, (await channel.CallAsync(Wire.Raw("Echo"), large, RpcCallOptions.None, CancellationToken.None)).Length);
    }

    [Fact]
    public async Task Clients_that_never_finish_their_handshake_hold_up_nobody()
    {
        var silent = new List<Socket>();
        for (int i = 0; i < 100; i++)
        {
            silent.Add(await DialAsync());
        }

        await A_client_with_a_certificate_of_the_authority_is_let_in_and_known();
        await _server!.DisposeAsync();   // nor the end
        silent.ForEach(s => s.Dispose());
    }

    [Fact]
    public async Task Nobody_else_is_let_in_and_the_listener_lives_on()
    {
        await RefusedAsync(null);
        await RefusedAsync(Issue(_stranger, "CN=builder 7", server: false));
        await RefusedAsync(Issue(_authority, "CN=a server's certificate", server: true));
        using (Socket plain = await DialAsync())
        {
            using WirePeer peer = await WirePeer.ClientAsync(new NetworkStream(plain, ownsSocket: false));
            Assert.Null(await peer.ReceiveAsync());
        }

        await A_client_with_a_certificate_of_the_authority_is_let_in_and_known();
    }

    private async Task RefusedAsync(X509Certificate2? certificate)
    {
        // In TLS 1.3 the refusal comes after the client believes to be done, so the first call may be what fails.
        await Assert.ThrowsAnyAsync<Exception>(async () =>
        {
            await using RpcChannel channel = await ConnectAsync(certificate);
            string name = await channel.CallAsync(WhoAmI, "", RpcCallOptions.None, CancellationToken.None);
            Assert.Fail($"let in as {name}");
        });
    }

    private async Task<RpcChannel> ConnectAsync(X509Certificate2? certificate)
    {
        var stream = new SslStream(new NetworkStream(await DialAsync(), ownsSocket: true), leaveInnerStreamOpen: false);
        await stream.AuthenticateAsClientAsync(new SslClientAuthenticationOptions
        {
            TargetHost = "localhost",
            ApplicationProtocols = [SslApplicationProtocol.Http2],
            EnabledSslProtocols = SslProtocols.None,
            ClientCertificates = certificate is null ? null : [certificate],
            LocalCertificateSelectionCallback = (_, _, _, _, _) => certificate!,
            RemoteCertificateValidationCallback = (_, remote, _, _) => Trusts(remote!),
        });
        return RpcChannel.Over(stream, new RpcChannelOptions { Scheme = "https" });
    }

    private bool Trusts(X509Certificate remote)
    {
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.Add(_authority);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        return chain.Build((X509Certificate2)remote);
    }

    private async Task<Socket> DialAsync()
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(IPAddress.Loopback, Port, TestContext.Current.CancellationToken);
        return socket;
    }

    private static X509Certificate2 Authority(string name)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest(name, key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        DateTimeOffset now = TimeProvider.System.GetUtcNow();
        return request.CreateSelfSigned(now.AddDays(-1), now.AddDays(1));
    }

    private static X509Certificate2 Issue(X509Certificate2 authority, string name, bool server)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest(name, key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(
            new X509EnhancedKeyUsageExtension([new Oid(server ? "1.3.6.1.5.5.7.3.1" : "1.3.6.1.5.5.7.3.2")], critical: false));
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("localhost");
        request.CertificateExtensions.Add(names.Build());
        byte[] serial = RandomNumberGenerator.GetBytes(8);
        using X509Certificate2 issued = request.Create(authority, authority.NotBefore, authority.NotAfter, serial);
        using X509Certificate2 whole = issued.CopyWithPrivateKey(key);
        return X509CertificateLoader.LoadPkcs12(whole.Export(X509ContentType.Pkcs12), null);   // with a key that TLS can use
    }
}
