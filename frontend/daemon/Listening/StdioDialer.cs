using System.Net.Sockets;
using Cairn.Llb;

namespace Cairn.Daemon.Listening;

/// <summary><c>cairn dial-stdio</c>: joins the standard streams to a daemon, for clients that come over ssh.</summary>
public static class StdioDialer
{
    private const string DefaultAddress = "unix:///run/buildkit/buildkitd.sock";

    /// <summary>Carries octets both ways until both ends are done.</summary>
    /// <param name="arguments">The words after <c>dial-stdio</c>.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="BuildException">The words cannot be understood, or nobody listens there.</exception>
    public static async Task<int> RunAsync(IReadOnlyList<string> arguments, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(arguments);
        string address = arguments switch
        {
            [] => Environment.GetEnvironmentVariable("BUILDKIT_HOST") is { Length: > 0 } host ? host : DefaultAddress,
            ["--addr", var text] => text,
            [var text] when text.StartsWith("--addr=", StringComparison.Ordinal) => text["--addr=".Length..],
            _ => throw new BuildException(ErrorKind.Input, "", "", "usage: cairn dial-stdio [--addr ADDRESS]"),
        };
        var target = ListenAddress.Parse(address);
        using var socket = target.Scheme == "unix"
            ? new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified)
            : new Socket(SocketType.Stream, ProtocolType.Tcp);
        try
        {
            await socket.ConnectAsync(target.ToEndPoint(), cancellationToken);
        }
        catch (SocketException e)
        {
            throw new BuildException(ErrorKind.Environment, "connect to", address, e.Message, "Is the daemon running there?", e);
        }

        await using var stream = new NetworkStream(socket);
        await using Stream input = Console.OpenStandardInput();
        await using Stream output = Console.OpenStandardOutput();
        Task sending = SendAsync(input, stream, socket, cancellationToken);
        await stream.CopyToAsync(output, cancellationToken);
        _ = sending;   // a standard input that stays open does not hold the end up
        return 0;
    }

    private static async Task SendAsync(Stream input, NetworkStream stream, Socket socket, CancellationToken cancellationToken)
    {
        try
        {
            await input.CopyToAsync(stream, cancellationToken);
            socket.Shutdown(SocketShutdown.Send);
        }
        catch (Exception e) when (e is IOException or SocketException or ObjectDisposedException or OperationCanceledException)
        {
            // The daemon has gone; the other direction ends with it.
        }
    }
}
