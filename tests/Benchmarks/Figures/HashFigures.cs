using System.Diagnostics;
using Blake3;

namespace Cairn.Benchmarks.Figures;

/// <summary>BLAKE3 on one core beside the machine's own <c>b3sum</c>, in turns.</summary>
internal static class HashFigures
{
    private const int Megabytes = 256;

    public static IReadOnlyList<Figure> Measure(int runs, string only)
    {
        if (!"BLAKE3".Contains(only, StringComparison.OrdinalIgnoreCase) || !File.Exists("/usr/bin/b3sum"))
        {
            return [];
        }
        byte[] content = new byte[Megabytes << 20];
        new Random(1).NextBytes(content);
        string file = Path.GetTempFileName();
        try
        {
            File.WriteAllBytes(file, content);
            List<double> own = [];
            List<double> other = [];
            for (int i = -1; i < runs; i++)   // the first turn is not counted
            {
                (List<double> Times, Action Run)[] turns =
                    [(own, () => Hasher.Hash(content)), (other, () => Sum(file))];
                foreach ((List<double> times, Action run) in turns)
                {
                    long start = Stopwatch.GetTimestamp();
                    run();
                    if (i >= 0)
                    {
                        times.Add(Stopwatch.GetElapsedTime(start).TotalSeconds);
                    }
                }
            }
            return
            [
                new Figure($"BLAKE3 of {Megabytes} MiB in memory, one core", null, own),
                new Figure($"`b3sum --num-threads 1` of a file of {Megabytes} MiB, whole process", null, other),
            ];
        }
        finally
        {
            File.Delete(file);
        }
    }

    private static void Sum(string file)
    {
        using Process process = Process.Start(new ProcessStartInfo("b3sum", ["--num-threads", "1", file]) { RedirectStandardOutput = true })!;
        process.StandardOutput.ReadToEnd();
        process.WaitForExit();
    }
}
