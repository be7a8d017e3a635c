using System.Globalization;
using System.Net.Sockets;
using Cairn.Llb;

namespace Cairn.Daemon.Listening;

/// <summary>Sockets that listen already, passed by whoever started the process.</summary>
/// <remarks>Source: sd_listen_fds(3).</remarks>
internal static class InheritedSockets
{
    private const int First = 3;

    /// <summary>The sockets that an <c>fd://</c> address means.</summary>
    /// <param name="text">Empty for all, a number of a descriptor, or a name.</param>
    /// <exception cref="BuildException">Environment: none was passed, or none that is meant.</exception>
    public static IReadOnlyList<Socket> Of(string text)
    {
        int count = int.TryParse(Environment.GetEnvironmentVariable("LISTEN_FDS"), NumberStyles.None, CultureInfo.InvariantCulture, out int passed)
            && Environment.GetEnvironmentVariable("LISTEN_PID") == Environment.ProcessId.ToString(CultureInfo.InvariantCulture)
            ? passed
            : 0;
        string[] names = (Environment.GetEnvironmentVariable("LISTEN_FDNAMES") ?? "").Split(':');
        List<int> descriptors =
        [
            .. Enumerable.Range(First, count).Where(fd => text.Length == 0 || text == "*"
                || text == fd.ToString(CultureInfo.InvariantCulture) || names.ElementAtOrDefault(fd - First) == text),
        ];
        if (descriptors.Count == 0)
        {
            throw new BuildException(
                ErrorKind.Environment, "listen on", $"fd://{text}", "no such socket was passed to this process",
                "It is meant for socket activation: see systemd.socket(5).");
        }

        return [.. descriptors.Select(static fd => new Socket(new SafeSocketHandle(fd, ownsHandle: true)))];
    }
}
