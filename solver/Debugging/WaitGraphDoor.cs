using System.Net.Sockets;
using System.Text.Json;
using Cairn.Solver.Jobs;
using Microsoft.Extensions.Logging;

namespace Cairn.Solver.Debugging;

/// <summary>
/// A socket in the run directory of this opening of the store: whoever connects is told what the builds here wait for. It is there for
/// <c>cairn debug graph</c>, which is another process.
/// </summary>
internal sealed class WaitGraphDoor : IAsyncDisposable
{
    private const string Name = "waits";

    private readonly Socket _listener;
    private readonly Func<Task<IReadOnlyList<BuildWaits>>> _waits;
    private readonly ILogger _logger;
    private readonly Task _serving;

    private WaitGraphDoor(Socket listener, Func<Task<IReadOnlyList<BuildWaits>>> waits, ILogger logger)
    {
        _listener = listener;
        _waits = waits;
        _logger = logger;
        _serving = ServeAsync();
    }

    /// <summary>Where the socket of a run directory is.</summary>
    public static string Place(string runDirectory) => Path.Combine(runDirectory, Name);

    /// <summary>Opens the door. Builds do without it, if that is not possible.</summary>
    public static WaitGraphDoor? TryOpen(string runDirectory, Func<Task<IReadOnlyList<BuildWaits>>> waits, ILogger logger)
    {
        Socket? listener = null;
        try
        {
            var place = new UnixDomainSocketEndPoint(Place(runDirectory));   // refuses a path that is too long
            listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            listener.Bind(place);
            listener.Listen();
            return new WaitGraphDoor(listener, waits, logger);
        }
        catch (Exception e) when (e is SocketException or IOException or ArgumentException)
        {
            listener?.Dispose();
            logger.NoWaitGraphDoor(runDirectory, e);
            return null;
        }
    }

    public async ValueTask DisposeAsync()
    {
        _listener.Dispose();
        await _serving;
    }

    private async Task ServeAsync()
    {
        while (true)
        {
            try
            {
                using Socket caller = await _listener.AcceptAsync();
                await using var stream = new NetworkStream(caller);
                await stream.WriteAsync(await AnswerAsync());
            }
            catch (IOException)
            {
                // The caller did not wait for the answer.
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
                if (e is SocketException { SocketErrorCode: not SocketError.OperationAborted })
                {
                    _logger.NoWaitGraphDoor(Name, e);
                }

                return;
            }
        }
    }

    private async Task<byte[]> AnswerAsync()
    {
        IReadOnlyList<BuildWaits> builds = await _waits();
        using var bytes = new MemoryStream();
        using (var json = new Utf8JsonWriter(bytes))
        {
            json.WriteStartObject();
            WaitGraphJson.Write(json, builds);
            json.WriteEndObject();
        }

        return bytes.ToArray();
    }
}
