using System.Text.Json;
using Cairn.Llb;
using Cairn.Solver.Progress;

namespace Cairn.Cli.Tests;

/// <summary>A status stream of BuildKit as recorded in tests/golden/status, with times put in: each message is 100 ms after the one before.</summary>
internal sealed class StatusRecording
{
    private StatusRecording(IReadOnlyList<IReadOnlyList<BuildEvent>> messages) => Messages = messages;

    public static DateTimeOffset Begin { get; } = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);

    public IReadOnlyList<IReadOnlyList<BuildEvent>> Messages { get; }

    public static DateTimeOffset TimeOf(int message) => Begin + TimeSpan.FromMilliseconds(100 * message);

    public static StatusRecording Load(string name)
    {
        List<IReadOnlyList<BuildEvent>> messages = [];
        Dictionary<string, DateTimeOffset> started = new(StringComparer.Ordinal);
        foreach (string line in File.ReadLines(Path.Combine(AppContext.BaseDirectory, "status", name + ".jsonl")))
        {
            DateTimeOffset now = TimeOf(messages.Count);
            using JsonDocument message = JsonDocument.Parse(line);
            List<BuildEvent> news = [];
            foreach (JsonElement v in Array(message, "vertexes"))
            {
                string digest = Text(v, "digest");
                bool begins = v.TryGetProperty("started", out _), ends = v.TryGetProperty("completed", out _);
                if (begins && (!ends || !started.ContainsKey(digest)))
                {
                    started[digest] = now;
                }

                news.Add(new VertexEvent(
                    Digest.Parse(digest), Text(v, "name"),
                    v.TryGetProperty("inputs", out JsonElement inputs) ? [.. inputs.EnumerateArray().Select(i => Digest.Parse(i.GetString()!))] : [],
                    begins ? started[digest] : null, ends ? now : null, v.TryGetProperty("cached", out JsonElement cached) && cached.GetBoolean(),
                    v.TryGetProperty("error", out JsonElement error) ? error.GetString() : null,
                    v.TryGetProperty("progressGroup", out JsonElement g) ? new ProgressGroup(Text(g, "id"), Text(g, "name"), Weak: false) : null));
            }

            foreach (JsonElement s in Array(message, "statuses"))
            {
                string key = Text(s, "vertex") + Text(s, "id");
                started.TryAdd(key, now);
                news.Add(new StatusEvent(
                    Digest.Parse(Text(s, "vertex")), Text(s, "id"), Text(s, "name"), s.GetProperty("current").GetInt64(),
                    s.TryGetProperty("total", out JsonElement total) ? total.GetInt64() : 0, now, started[key], s.TryGetProperty("completed", out _) ? now : null));
            }

            foreach (JsonElement l in Array(message, "logs"))
            {
                news.Add(new LogEvent(Digest.Parse(Text(l, "vertex")), l.GetProperty("stream").GetInt32(), l.GetProperty("data").GetBytesFromBase64(), now));
            }

            messages.Add(news);
        }

        return new StatusRecording(messages);
    }

    private static JsonElement.ArrayEnumerator Array(JsonDocument message, string name) =>
        message.RootElement.TryGetProperty(name, out JsonElement array) ? array.EnumerateArray() : default;

    private static string Text(JsonElement element, string name) => element.TryGetProperty(name, out JsonElement text) ? text.GetString()! : "";
}
