using Cairn.Daemon.Configuration;
using Cairn.Llb;
using Cairn.Rpc.Server;

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
        List<RpcEndpoint> endpoints = [.. settings.Addresses.Select(ListenAddress.Parse).Select(ToEndpoint)];
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

    private static RpcEndpoint ToEndpoint(ListenAddress address)
    {
        if (address.Scheme != "unix")
        {
            return new RpcEndpoint(address.ToEndPoint(), null, null);
        }

        if (Path.GetDirectoryName(Path.GetFullPath(address.Rest)) is { Length: > 0 } directory)
        {
            Directory.CreateDirectory(directory);
        }

        return new RpcEndpoint(address.ToEndPoint(), null, static path => File.SetUnixFileMode(path, SocketMode));
    }
}
