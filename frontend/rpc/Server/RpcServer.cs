using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Cairn.Rpc.Server;

/// <summary>Serves any number of clients on unix sockets and TCP addresses, in plain text or TLS.</summary>
public sealed class RpcServer : IAsyncDisposable
{
    private readonly WebApplication _application;
    private readonly CallRunner _runner;

    private RpcServer(IReadOnlyList<RpcEndpoint> endpoints, RpcServices services, RpcServerOptions options)
    {
        _runner = new CallRunner(services, options);
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore();
        builder.WebHost.ConfigureKestrel(kestrel => Configure(kestrel, endpoints, options));
        builder.Services.AddSingleton<IHostLifetime, SilentLifetime>();   // signals belong to the program, not to a server in it
        builder.Services.Configure<SocketTransportOptions>(sockets =>
        {
            sockets.CreateBoundListenSocket = address => Bind(address, endpoints);
        });
        _application = builder.Build();
        _application.Run(ServeAsync);
    }

    /// <summary>Where it listens, with the ports that were taken, in the order of the endpoints: <c>http://127.0.0.1:1234</c>, <c>http://unix:/path</c>.</summary>
    public IReadOnlyList<string> Addresses => [.. _application.Urls];

    /// <summary>Listens.</summary>
    /// <exception cref="IOException">An address is taken or cannot be used.</exception>
    public static async Task<RpcServer> ListenAsync(
        IReadOnlyList<RpcEndpoint> endpoints, RpcServices services, RpcServerOptions options, CancellationToken cancellationToken)
    {
        var server = new RpcServer(endpoints, services, options);
        try
        {
            await server._application.StartAsync(cancellationToken);
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>Takes no new connections and calls and lets the open calls end; those that have not in time are cut off.</summary>
    public async Task DrainAsync(TimeSpan patience, CancellationToken cancellationToken)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(patience);
        await _application.StopAsync(deadline.Token);
    }

    /// <summary>Ends all connections.</summary>
    public async ValueTask DisposeAsync()
    {
        await DrainAsync(TimeSpan.Zero, CancellationToken.None);
        await _application.DisposeAsync();
    }

    private static void Configure(KestrelServerOptions kestrel, IReadOnlyList<RpcEndpoint> endpoints, RpcServerOptions options)
    {
        kestrel.AddServerHeader = false;
        kestrel.AllowAlternateSchemes = true;   // stock clients say "http" over TLS tunnels, and the reverse
        kestrel.Limits.MaxConcurrentConnections = null;
        kestrel.Limits.MaxRequestBodySize = null;
        kestrel.Limits.MinRequestBodyDataRate = null;
        kestrel.Limits.MinResponseDataRate = null;
        kestrel.Limits.MaxRequestHeadersTotalSize = options.MaxHeaderList;
        kestrel.Limits.MaxRequestHeaderCount = Math.Max(100, options.MaxHeaderList / 1024);
        kestrel.Limits.MaxRequestBufferSize = Math.Max(8 << 20, options.MaxHeaderList);
        Http2Limits http2 = kestrel.Limits.Http2;
        http2.MaxRequestHeaderFieldSize = Math.Min(options.MaxHeaderList, 1 << 20);
        http2.MaxStreamsPerConnection = options.MaxStreams;
        http2.InitialConnectionWindowSize = options.ConnectionWindow;
        http2.InitialStreamWindowSize = options.StreamWindow;
        http2.MaxFrameSize = 256 << 10;
        if (options.KeepaliveInterval is { } interval)
        {
            http2.KeepAlivePingDelay = interval;
            http2.KeepAlivePingTimeout = options.KeepaliveTimeout;
        }

        foreach (RpcEndpoint endpoint in endpoints)
        {
            kestrel.Listen(endpoint.Address, listen =>
            {
                listen.Protocols = HttpProtocols.Http2;
                if (endpoint.Tls is { } tls)
                {
                    listen.UseHttps(Secure(tls));
                }
            });
        }
    }

    private static HttpsConnectionAdapterOptions Secure(RpcTls tls) => new()
    {
        ServerCertificate = tls.Certificate,
        ServerCertificateChain = tls.Chain,
        ClientCertificateMode = tls.ClientAuthorities is null ? ClientCertificateMode.NoCertificate : ClientCertificateMode.RequireCertificate,
        ClientCertificateValidation = (certificate, chain, _) => tls.ClientAuthorities is null || IsTrusted(certificate, chain, tls.ClientAuthorities),
    };

    private static bool IsTrusted(X509Certificate2 certificate, X509Chain? sent, X509Certificate2Collection authorities)
    {
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.AddRange(authorities);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.ApplicationPolicy.Add(new System.Security.Cryptography.Oid("1.3.6.1.5.5.7.3.2"));   // client authentication
        foreach (X509ChainElement element in sent?.ChainElements ?? Enumerable.Empty<X509ChainElement>())
        {
            chain.ChainPolicy.ExtraStore.Add(element.Certificate);
        }

        return chain.Build(certificate);
    }

    private static Socket Bind(EndPoint address, IReadOnlyList<RpcEndpoint> endpoints)
    {
        string? path = (address as UnixDomainSocketEndPoint)?.ToString();
        if (path is not null && File.Exists(path) && !IsAnswered(path))
        {
            File.Delete(path);
        }

        Socket socket = SocketTransportOptions.CreateDefaultBoundListenSocket(address);
        try
        {
            if (path is not null)
            {
                endpoints.First(e => e.Address.Equals(address)).Bound?.Invoke(path);
            }

            return socket;
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

    private Task ServeAsync(HttpContext context) => _runner.RunAsync(new KestrelExchange(context));

    private sealed class SilentLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
