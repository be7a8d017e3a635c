using System.Diagnostics;

namespace Cairn.Benchmarks.Figures;

/// <summary>Whole processes of the launcher, start included.</summary>
internal static class ProcessFigures
{
    public static IReadOnlyList<Figure> Measure(string launcher, int runs)
    {
        string directory = Directory.CreateTempSubdirectory("cairn-figures-").FullName;
        try
        {
            string context = Directory.CreateDirectory(Path.Combine(directory, "context")).FullName;
            File.Copy("/bin/busybox", Path.Combine(context, "busybox"));
            File.WriteAllText(
                Path.Combine(context, "Dockerfile"),
                "FROM scratch\nCOPY busybox /bin/sh\nRUN echo one > /one\nRUN echo two > /two\n");
            string root = Path.Combine(directory, "root");
            string[] build = ["build", "--progress", "plain", "--root", root, context];
            Run(launcher, build);   // fills the cache
            return
            [
                new Figure("`cairn --help`, whole process", null, Times(() => Run(launcher, ["--help"]), runs)),
                new Figure("`cairn build`, 3 steps, fully cached, whole process", null, Times(() => Run(launcher, build), runs)),
            ];
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    private static List<double> Times(Func<double> run, int runs)
    {
        run();
        return [.. Enumerable.Range(0, runs).Select(_ => run())];
    }

    private static double Run(string launcher, IReadOnlyList<string> arguments)
    {
        long start = Stopwatch.GetTimestamp();
        using Process process = Process.Start(new ProcessStartInfo(launcher, arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        Task<string> errors = process.StandardError.ReadToEndAsync();
        process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        return process.ExitCode == 0
            ? seconds
            : throw new InvalidOperationException($"{launcher} {string.Join(' ', arguments)} ended with {process.ExitCode}:\n{errors.Result}");
    }
}
