using System.Threading.Channels;
using Cairn.Llb;
using Cairn.Snapshotter.Compression;
using Cairn.Solver.Progress;
using Microsoft.Extensions.Logging;

namespace Cairn.Solver.History;

/// <summary>
/// Writes the logs of one running build to disk, whole and compressed. Whoever prints never waits: entries queue in memory and a loop of its own
/// writes them, each portion as a zstd frame, so that a killed process leaves all but the last moment readable.
/// </summary>
internal sealed class LogSpool(string path, DateTimeOffset begin, Task ready, TimeProvider clock, ILogger logger)
    : IAsyncDisposable
{
    private const int PortionBytes = 256 << 10;
    private const int Level = 3;
    private static readonly TimeSpan Gather = TimeSpan.FromMilliseconds(150);

    private readonly Channel<(LogEvent News, string Name)> _news =
        Channel.CreateUnbounded<(LogEvent News, string Name)>(new UnboundedChannelOptions { SingleReader = true });

    private readonly CancellationTokenSource _closing = new();   // ends a pause early
    private Task? _loop;   // started by the first entry; the owner's lock guards it

    /// <summary>Takes what a step printed. Calls for one build never overlap.</summary>
    public void Write(LogEvent news, string name)
    {
        _news.Writer.TryWrite((news, name));
        _loop ??= Task.Run(RunAsync);
    }

    /// <summary>Writes the rest.</summary>
    public async ValueTask DisposeAsync()
    {
        _news.Writer.TryComplete();
        if (_loop is not null)
        {
            await _closing.CancelAsync();
            await _loop;
        }

        _closing.Dispose();
    }

    private async Task RunAsync()
    {
        try
        {
            await ready;   // the directory is made beside the build
            await using var file = new FileStream(path, FileMode.Append, FileAccess.Write, FileShare.Read, bufferSize: 0);
            var steps = new Dictionary<Digest, int>();
            using var portion = new MemoryStream();
            using var frame = new BinaryWriter(portion);
            while (await _news.Reader.WaitToReadAsync())
            {
                await Task.Delay(Gather, clock, _closing.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                while (_news.Reader.TryRead(out (LogEvent News, string Name) entry))
                {
                    Append(frame, steps, entry.News, entry.Name);
                    if (portion.Length >= PortionBytes)
                    {
                        Flush(portion, file);
                    }
                }

                Flush(portion, file);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or BuildException)
        {
            logger.LogNotKept(path, e);   // the build goes on; what was printed was shown
            await foreach (var _ in _news.Reader.ReadAllAsync())
            {
                // nobody wants the rest
            }
        }
    }

    private void Append(BinaryWriter frame, Dictionary<Digest, int> steps, LogEvent news, string name)
    {
        if (steps.TryGetValue(news.Vertex, out int number))
        {
            frame.Write7BitEncodedInt(number + 1);
        }
        else
        {
            steps.Add(news.Vertex, steps.Count);
            frame.Write7BitEncodedInt(0);
            frame.Write(news.Vertex.ToString());
            frame.Write(name);
        }

        frame.Write((byte)news.Stream);
        frame.Write7BitEncodedInt64(Math.Max(0, (news.Timestamp - begin).Ticks));
        frame.Write7BitEncodedInt(news.Bytes.Length);
        frame.Write(news.Bytes.Span);
    }

    private static void Flush(MemoryStream portion, FileStream file)
    {
        if (portion.Length == 0)
        {
            return;
        }

        using var compressed = new MemoryStream();
        using (Stream encoder = Compressors.Compress(compressed, CompressionKind.Zstd, Level))
        {
            encoder.Write(portion.GetBuffer().AsSpan(0, (int)portion.Length));
        }

        file.Write(compressed.GetBuffer().AsSpan(0, (int)compressed.Length));   // one call, so that a frame is there or not
        portion.SetLength(0);
    }
}
