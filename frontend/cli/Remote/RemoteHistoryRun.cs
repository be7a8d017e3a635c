using System.Buffers.Binary;
using System.Globalization;
using Cairn.Cli.Settings;
using Cairn.Client;
using Cairn.Llb;
using Cairn.Protos.Control;
using Google.Protobuf;

namespace Cairn.Cli.Remote;

/// <summary>`cairn history` of a daemon: what the protocol tells of its builds.</summary>
internal sealed class RemoteHistoryRun(HistorySettings settings, string address)
{
    private const string Newest = "^";

    /// <returns>The exit code.</returns>
    public async Task<int> RunAsync()
    {
        if (settings.Action is HistoryAction.Export or HistoryAction.Open)
        {
            throw new UsageException("history: export and open need the store itself; leave --addr out and give --root");
        }

        await using BuildClient client = await DaemonConnection.OpenAsync(address, CancellationToken.None);
        List<BuildHistoryRecord> records = await ListAsync(client, CancellationToken.None);
        switch (settings.Action)
        {
            case HistoryAction.List:
                await ListAsync(records);
                break;
            case HistoryAction.Remove:
                await RemoveAsync(client, records);
                break;
            case HistoryAction.Logs:
                await PrintAsync(client, Find(records, settings.Builds.Count == 0 ? null : settings.Builds[0]));
                break;
            default:
                await InspectAsync(Find(records, settings.Builds.Count == 0 ? null : settings.Builds[0]));
                break;
        }

        return 0;
    }

    /// <summary>Removes the records of all builds that have ended; returns their number.</summary>
    public static async Task<long> RemoveAllAsync(BuildClient client, CancellationToken cancellationToken)
    {
        long removed = 0;
        foreach (BuildHistoryRecord record in await ListAsync(client, cancellationToken))
        {
            if (record.CompletedAt is not null)
            {
                await client.UpdateHistoryAsync(new UpdateBuildHistoryRequest { Ref = record.Ref, Delete = true }, cancellationToken);
                removed++;
            }
        }

        return removed;
    }

    /// <summary>The builds, the newest first.</summary>
    private static async Task<List<BuildHistoryRecord>> ListAsync(BuildClient client, CancellationToken cancellationToken)
    {
        var records = new Dictionary<string, BuildHistoryRecord>(StringComparer.Ordinal);
        await foreach (BuildHistoryEvent one in client.HistoryAsync(new BuildHistoryRequest { EarlyExit = true }, cancellationToken))
        {
            if (one.Type != BuildHistoryEventType.Deleted)
            {
                records[one.Record.Ref] = one.Record;
            }
        }

        return [.. records.Values.OrderByDescending(static record => record.CreatedAt?.ToDateTimeOffset() ?? default)];
    }

    private static BuildHistoryRecord Find(List<BuildHistoryRecord> records, string? text)
    {
        int back = 0;
        if (text is null || (text.StartsWith(Newest, StringComparison.Ordinal) && int.TryParse(text.AsSpan(1), NumberStyles.None, CultureInfo.InvariantCulture, out back)))
        {
            return back < records.Count ? records[back] : throw Unknown(text ?? "the newest");
        }

        List<BuildHistoryRecord> found = [.. records.Where(record => record.Ref.StartsWith(text, StringComparison.Ordinal))];
        return found.Count switch
        {
            1 => found[0],
            0 => throw Unknown(text),
            _ => throw new BuildException(ErrorKind.Input, "find build", text, $"{found.Count} ids begin so"),
        };
    }

    private static BuildException Unknown(string text) =>
        new(ErrorKind.Input, "find build", text, "the daemon has no record of it", "See cairn history ls.");

    private static string Status(BuildHistoryRecord record) =>
        record.CompletedAt is null ? "running" : record.Error is null ? "completed" : record.Error.Message.Contains("context canceled", StringComparison.Ordinal) ? "canceled" : "error";

    private static async Task InspectAsync(BuildHistoryRecord record) =>
        await Console.Out.WriteLineAsync(new JsonFormatter(JsonFormatter.Settings.Default.WithIndentation()).Format(record));

    // The log blob is the whole stream of news: lengths of four bytes, little endian, each before a message.
    private async Task PrintAsync(BuildClient client, BuildHistoryRecord record)
    {
        if (record.Logs is not { Digest.Length: > 0 } logs)
        {
            return;
        }

        using var blob = new MemoryStream();
        await foreach (ReadOnlyMemory<byte> part in client.ReadBlobAsync(logs.Digest, CancellationToken.None))
        {
            blob.Write(part.Span);
        }

        ReadOnlyMemory<byte> rest = blob.GetBuffer().AsMemory(0, (int)blob.Length);
        var names = new Dictionary<string, string>(StringComparer.Ordinal);
        await using Stream output = Console.OpenStandardOutput();
        string before = "";
        while (rest.Length >= sizeof(uint))
        {
            int length = (int)BinaryPrimitives.ReadUInt32LittleEndian(rest.Span);
            StatusResponse news = StatusResponse.Parser.ParseFrom(rest.Span.Slice(sizeof(uint), length));
            rest = rest[(sizeof(uint) + length)..];
            foreach (Vertex vertex in news.Vertexes)
            {
                names[vertex.Digest] = vertex.Name;
            }

            foreach (VertexLog log in news.Logs)
            {
                string name = names.GetValueOrDefault(log.Vertex) ?? log.Vertex;
                if (settings.Step is { } part && !name.Contains(part, StringComparison.OrdinalIgnoreCase))
                {
                    continue;
                }

                if (before != log.Vertex)
                {
                    before = log.Vertex;
                    output.Write(System.Text.Encoding.UTF8.GetBytes($"> {name}:\n"));
                }

                output.Write(log.Msg.Span);
            }
        }
    }

    private async Task ListAsync(List<BuildHistoryRecord> records)
    {
        if (settings.Json)
        {
            foreach (BuildHistoryRecord record in records)
            {
                await Console.Out.WriteLineAsync(JsonFormatter.Default.Format(record));
            }

            return;
        }

        await Console.Out.WriteLineAsync($"{"BUILD",-27}{"STATUS",-11}{"CREATED",-22}{"DURATION",-10}STEPS");
        foreach (BuildHistoryRecord record in records)
        {
            DateTimeOffset created = record.CreatedAt?.ToDateTimeOffset() ?? default;
            string duration = record.CompletedAt is { } end
                ? string.Create(CultureInfo.InvariantCulture, $"{(end.ToDateTimeOffset() - created).TotalSeconds:0.0}s")
                : "";
            await Console.Out.WriteLineAsync(string.Create(
                CultureInfo.InvariantCulture,
                $"{record.Ref,-27}{Status(record),-11}{created.UtcDateTime,-22:u}{duration,-10}{record.NumCompletedSteps}/{record.NumTotalSteps} ({record.NumCachedSteps} cached)"));
        }
    }

    private async Task RemoveAsync(BuildClient client, List<BuildHistoryRecord> records)
    {
        if (settings.Builds.Count == 0 && !settings.All)
        {
            throw new UsageException("history rm: name the builds to remove, or give --all");
        }

        IEnumerable<BuildHistoryRecord> chosen = settings.All
            ? records.Where(static record => record.CompletedAt is not null)
            : settings.Builds.Select(build => Find(records, build)).DistinctBy(static record => record.Ref);
        foreach (BuildHistoryRecord record in chosen.ToList())
        {
            await client.UpdateHistoryAsync(new UpdateBuildHistoryRequest { Ref = record.Ref, Delete = true }, CancellationToken.None);
            await Console.Out.WriteLineAsync(record.Ref);
        }
    }
}
