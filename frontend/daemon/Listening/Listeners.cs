using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Cairn.Daemon.Configuration;
using Cairn.Llb;
using Cairn.Rpc.Server;
using Cairn.Solver;

namespace Cairn.Daemon.Listening;

/// <summary>The addresses of a daemon, made ready.</summary>
internal static class Listeners
{
    private const UnixFileMode SocketMode =
        UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.GroupWrite;

    /// <summary>Listens on all addresses, or on none.</summary>
    /// <exception cref="BuildException">An address is wrong, or taken.</exception>
    public static RpcServer Listen(DaemonSettings settings, RpcServices services, RpcServerOptions options)
    {
        RpcTls? tls = Secure(settings);
        List<RpcEndpoint> endpoints = [.. settings.Addresses.Select(ListenAddress.Parse).SelectMany(address => ToEndpoints(address, settings, tls))];
        try
        {
            return RpcServer.Listen(endpoints, services, options);
        }
        catch (IOException e)
        {
            throw new BuildException(
                ErrorKind.Environment, "", "", e.Message, "Another daemon may have the address: end it, or choose another with --addr.", e);
        }
    }

    private static IEnumerable<RpcEndpoint> ToEndpoints(ListenAddress address, DaemonSettings settings, RpcTls? tls)
    {
        switch (address.Scheme)
        {
            case "unix":
                if (Path.GetDirectoryName(Path.GetFullPath(address.Rest)) is { Length: > 0 } directory)
                {
                    Directory.CreateDirectory(directory);
                }

                return [new RpcEndpoint(address.ToEndPoint(), null, path => Own(path, settings))];
            case "fd":
                return InheritedSockets.Of(address.Rest)
                    .Select(socket => RpcEndpoint.Of(socket, socket.AddressFamily == AddressFamily.Unix ? null : tls));
            default:
                return [new RpcEndpoint(address.ToEndPoint(), tls, null)];
        }
    }

    // Before anybody can connect.
    private static void Own(string path, DaemonSettings settings)
    {
        if (settings.SocketUser is not null || settings.SocketGroup is not null)
        {
            HostFileOwner.Set(path, settings.SocketUser, settings.SocketGroup);
        }

        File.SetUnixFileMode(path, SocketMode);
    }

    private static RpcTls? Secure(DaemonSettings settings)
    {
        if (settings.TlsCertificate is null && settings.TlsKey is null && settings.TlsAuthorities is null)
        {
            return null;
        }

        if (settings.TlsCertificate is null || settings.TlsKey is null)
        {
            throw new BuildException(ErrorKind.Input, "", "", "TLS needs a certificate and its key: --tlscert and --tlskey");
        }

        try
        {
            var chain = new X509Certificate2Collection();
            chain.ImportFromPemFile(settings.TlsCertificate);
            X509Certificate2Collection? authorities = null;
            if (settings.TlsAuthorities is { } file)
            {
                authorities = [];
                authorities.ImportFromPemFile(file);
            }

            return new RpcTls(X509Certificate2.CreateFromPemFile(settings.TlsCertificate, settings.TlsKey), [.. chain.Skip(1)], authorities);
        }
        catch (Exception e) when (e is CryptographicException or IOException or UnauthorizedAccessException)
        {
            throw new BuildException(ErrorKind.Environment, "read certificates", settings.TlsCertificate, e.Message, remedy: null, e);
        }
    }
}
