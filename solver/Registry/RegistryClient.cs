using System.Collections.Concurrent;
using System.Net;
using System.Net.Security;
using System.Runtime.CompilerServices;
using Cairn.Solver.Sessions;

namespace Cairn.Solver.Registry;

/// <summary>All traffic of one engine with registries: connections, slots per registry, tokens per holder of credentials.</summary>
/// <remarks>Source: OCI distribution-spec 1.1. Safe for use by several builds at once.</remarks>
public sealed class RegistryClient : IDisposable
{
    private readonly RegistryOptions _options;
    private readonly HttpMessageInvoker _verified;
    private readonly Lazy<HttpMessageInvoker> _unverified;
    private readonly ConcurrentDictionary<(string Host, bool Insecure), RegistryConnection> _connections = new();
    private readonly ConditionalWeakTable<IRegistryCredentials, RegistryAuthorizer> _authorizers = [];

    /// <summary>No I/O: connections are made when they are needed.</summary>
    public RegistryClient(RegistryOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        _options = options;
        _verified = new HttpMessageInvoker(Handler(verify: true));
        _unverified = new Lazy<HttpMessageInvoker>(() => new HttpMessageInvoker(Handler(verify: false)));
    }

    /// <summary>One repository of a registry.</summary>
    /// <param name="host">Registry as references name it: <c>docker.io</c>, <c>127.0.0.1:5000</c>.</param>
    /// <param name="path">Repository, such as <c>library/busybox</c>.</param>
    /// <param name="access">In whose name.</param>
    public RegistryRepository Repository(string host, string path, RegistryAccess access)
    {
        ArgumentException.ThrowIfNullOrEmpty(host);
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentNullException.ThrowIfNull(access);
        bool insecure = access.Insecure || _options.Insecure.Contains(host);
        RegistryConnection connection = _connections.GetOrAdd(
            (host.ToLowerInvariant(), insecure),
            key => new RegistryConnection(key.Host, key.Insecure, _options, key.Insecure ? _unverified.Value : _verified));
        RegistryAuthorizer authorizer = _authorizers.GetValue(access.Credentials, credentials => new RegistryAuthorizer(credentials, _options.Clock));
        return new RegistryRepository(connection, path, access, authorizer, _options);
    }

    /// <summary>Closes every connection; nothing may be under way.</summary>
    public void Dispose()
    {
        _verified.Dispose();
        if (_unverified.IsValueCreated)
        {
            _unverified.Value.Dispose();
        }

        foreach (RegistryConnection connection in _connections.Values)
        {
            connection.Dispose();
        }
    }

    private SocketsHttpHandler Handler(bool verify)
    {
        var handler = new SocketsHttpHandler
        {
            AllowAutoRedirect = false,   // redirects are followed where it is known what must not travel with them
            AutomaticDecompression = DecompressionMethods.None,   // blobs are digests of the bytes as stored
            ConnectTimeout = _options.ConnectTimeout,
            PooledConnectionIdleTimeout = TimeSpan.FromSeconds(30),
            UseCookies = false,
            UseProxy = true,
            Proxy = new ExternalProxy(HttpClient.DefaultProxy),
        };
        if (!verify)
        {
            handler.SslOptions = new SslClientAuthenticationOptions
            {
#pragma warning disable CA5359 // the user asked for it by naming this registry insecure
                RemoteCertificateValidationCallback = (_, _, _, _) => true,
#pragma warning restore CA5359
            };
        }

        return handler;
    }

    /// <summary>The environment's proxy, for everything that is not this machine.</summary>
    private sealed class ExternalProxy(IWebProxy inner) : IWebProxy
    {
        public ICredentials? Credentials
        {
            get => inner.Credentials;
            set => inner.Credentials = value;
        }

        public Uri? GetProxy(Uri destination) => IsBypassed(destination) ? null : inner.GetProxy(destination);

        public bool IsBypassed(Uri host) => RegistryEndpoint.IsLoopback(host.Authority) || inner.IsBypassed(host);
    }
}
