using System.Net.Sockets;
using System.Text.Json;
using Cairn.Snapshotter.Store;

namespace Cairn.Solver.Debugging;

/// <summary>What builds wait for, in all processes that have a store open.</summary>
public static class WaitGraphs
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    /// <summary>Asks every process. The store itself is not opened.</summary>
    /// <param name="root">The store.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public static async Task<IReadOnlyList<ProcessWaits>> ReadAsync(string root, CancellationToken cancellationToken) =>
        await Task.WhenAll(LiveInstance.All(root).Select(instance => AskAsync(instance, cancellationToken)));

    /// <summary>One object: <c>format</c> (1), and <c>processes</c> with <c>instance</c>, <c>process</c>, <c>problem</c> and <c>builds</c>.</summary>
    public static byte[] ToJson(IReadOnlyList<ProcessWaits> processes)
    {
        ArgumentNullException.ThrowIfNull(processes);
        using var bytes = new MemoryStream();
        using (var json = new Utf8JsonWriter(bytes))
        {
            json.WriteStartObject();
            json.WriteNumber("format", 1);
            json.WriteStartArray("processes");
            foreach (ProcessWaits process in processes)
            {
                json.WriteStartObject();
                json.WriteString("instance", process.Instance);
                if (process.Process is { } id)
                {
                    json.WriteNumber("process", id);
                }

                if (process.Problem is not null)
                {
                    json.WriteString("problem", process.Problem);
                }

                WaitGraphJson.Write(json, process.Builds);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        return bytes.ToArray();
    }

    private static async Task<ProcessWaits> AskAsync(LiveInstance instance, CancellationToken cancellationToken)
    {
        int? process = instance.Processes.Count > 0 ? instance.Processes[0] : null;
        if (!File.Exists(WaitGraphDoor.Place(instance.RunDirectory)))
        {
            return new ProcessWaits(instance.Id, process, [], Problem: null);   // it is opened with the first build
        }

        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(Patience);
        try
        {
            using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(WaitGraphDoor.Place(instance.RunDirectory)), deadline.Token);
            await using var stream = new NetworkStream(socket);
            using JsonDocument answer = await JsonDocument.ParseAsync(stream, default, deadline.Token);
            return new ProcessWaits(instance.Id, process, WaitGraphJson.Read(answer.RootElement), Problem: null);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return new ProcessWaits(instance.Id, process, [], $"it does not answer within {Patience.TotalSeconds} s");
        }
        catch (Exception e) when (e is SocketException or IOException or JsonException or UnauthorizedAccessException)
        {
            return new ProcessWaits(instance.Id, process, [], $"it does not answer: {e.Message}");
        }
    }
}
