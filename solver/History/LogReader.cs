using Cairn.Llb;
using Cairn.Snapshotter.Compression;

namespace Cairn.Solver.History;

/// <summary>Reads what <see cref="LogSpool"/> wrote, also while it is written and after its process was killed.</summary>
internal static class LogReader
{
    /// <summary>All entries in the order in which they came; ends where the file ends, whole or not. An absent file has none.</summary>
    public static IEnumerable<LogEntry> Read(string path)
    {
        if (!File.Exists(path))
        {
            yield break;
        }

        var steps = new List<(Digest Digest, string Name)>();
        using Stream decoder = Compressors.Decompress(
            new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete), CompressionKind.Zstd);
        using var reader = new BinaryReader(new BufferedStream(decoder, 64 << 10));
        while (TryRead(reader, steps) is { } entry)
        {
            yield return entry;
        }
    }

    private static LogEntry? TryRead(BinaryReader reader, List<(Digest Digest, string Name)> steps)
    {
        try
        {
            int number = reader.Read7BitEncodedInt();
            if (number == 0)
            {
                steps.Add((Digest.Parse(reader.ReadString()), reader.ReadString()));
                number = steps.Count;
            }

            (Digest step, string name) = steps[number - 1];
            int stream = reader.ReadByte();
            double time = TimeSpan.FromTicks(reader.Read7BitEncodedInt64()).TotalMilliseconds;
            int length = reader.Read7BitEncodedInt();
            byte[] bytes = reader.ReadBytes(length);
            return bytes.Length == length ? new LogEntry(step, name, stream, time, bytes) : null;
        }
        catch (Exception e) when (e is EndOfStreamException or BuildException or FormatException or ArgumentOutOfRangeException)
        {
            return null;   // its writer was killed in the middle, or is not done
        }
    }
}
