using System.Diagnostics;
using System.Globalization;
using System.Text;
using Cairn.Llb.Building;

namespace Cairn.Benchmarks.Figures;

/// <summary>Solves in this process, without the start of a process. The BuildKit figures are those of the same graphs through its own client.</summary>
internal static class SolveFigures
{
    private const int ContextFiles = 20_000;

    /// <param name="runs">How often each is measured; the context three times at most.</param>
    /// <param name="only">Part of the names of what is measured.</param>
    public static async Task<IReadOnlyList<Figure>> MeasureAsync(int runs, string only)
    {
        var figures = new List<Figure>();
        foreach ((string name, Func<int, Task<IReadOnlyList<Figure>>> measure) in Cases())
        {
            if (name.Contains(only, StringComparison.Ordinal))
            {
                // The first solve of a process pays for the just-in-time compiler; commands pay it too, and ProcessFigures shows that.
                await measure(1);
                figures.AddRange(await measure(runs));
            }
        }

        return figures;
    }

    private static IEnumerable<(string Name, Func<int, Task<IReadOnlyList<Figure>>> Measure)> Cases()
    {
        const string chained = "50 chained one-file FileOps";
        const string merged = "200 independent FileOps merged";
        const string wide = "2,000 independent FileOps merged";
        const string longest = "1,000 chained one-file FileOps";
        const string handedOn = "10,000 chained no-op vertices";
        const string commands = "20 chained `RUN :`";
        yield return (chained, runs => ColdAndWarmAsync(chained, () => Chain(50), 0.58, 0.06, runs));
        yield return (merged, runs => ColdAndWarmAsync(merged, () => Wide(200), 1.4, 0.13, runs));
        yield return (commands, runs => ColdAndWarmAsync(commands, () => Runs(20, "step"), 1.4, 0.05, runs, "/bin/busybox"));
        yield return ("COPY", runs => ContextAsync(Math.Min(runs, 3)));
        yield return (wide, runs => ColdAndWarmAsync(wide, () => Wide(2000), 13.8, 1.2, Math.Min(runs, 3)));
        yield return (longest, runs => ColdAndWarmAsync(longest, () => Chain(1000), null, null, Math.Min(runs, 3)));
        yield return (handedOn, runs => ColdAndWarmAsync(handedOn, () => HandedOn(10_000), null, null, Math.Min(runs, 3)));
        yield return ("concurrent builds of 10 RUN steps", runs => ConcurrentAsync(Math.Min(runs, 3)));
    }

    private static async Task<IReadOnlyList<Figure>> ColdAndWarmAsync(string name, Func<State> state, double? cold, double? warm, int runs, string? file = null)
    {
        var colds = new List<double>();
        var warms = new List<double>();
        for (int i = 0; i < runs; i++)
        {
            await using var bench = new Workbench();
            string? context = file is null ? null : bench.Inputs;
            if (file is not null)
            {
                File.Copy(file, Path.Combine(bench.Inputs, Path.GetFileName(file)));

                // A boot's first container finds out which runtime works; a daemon has done that at its start.
                await bench.SolveAsync(Runs(1, "first"), context);
            }

            colds.Add(await bench.SolveAsync(state(), context));
            warms.Add(await bench.SolveAsync(state(), context));
        }

        return [new Figure(name + ", cold", cold, colds), new Figure(name + ", warm", warm, warms)];
    }

    // Alone and together on a fresh store each: what many ask for at once is carried out once.
    private static async Task<IReadOnlyList<Figure>> ConcurrentAsync(int runs)
    {
        const int Builds = 32;
        var alone = new List<double>();
        var together = new List<double>();
        for (int i = 0; i < runs; i++)
        {
            foreach ((int builds, List<double> samples) in ((int, List<double>)[])[(1, alone), (Builds, together)])
            {
                await using var bench = new Workbench();
                string context = bench.Inputs;
                File.Copy("/bin/busybox", Path.Combine(context, "busybox"));
                await bench.SolveAsync(Runs(1, "first"), context);
                long start = Stopwatch.GetTimestamp();
                await Task.WhenAll(Enumerable.Range(0, builds).Select(_ => Task.Run(() => bench.SolveAsync(Runs(10, "step"), context))));
                samples.Add(Stopwatch.GetElapsedTime(start).TotalSeconds);
            }
        }

        return [new Figure("10 chained `RUN :`, one build", 1.45, alone), new Figure($"the same by {Builds} builds at once", null, together)];
    }

    private static async Task<IReadOnlyList<Figure>> ContextAsync(int runs)
    {
        var first = new List<double>();
        var unchanged = new List<double>();
        var changed = new List<double>();
        for (int i = 0; i < runs; i++)
        {
            await using var bench = new Workbench();
            string context = bench.Inputs;
            WriteContext(context);
            first.Add(await bench.SolveAsync(CopyContext(), context));
            unchanged.Add(await bench.SolveAsync(CopyContext(), context));
            await File.AppendAllTextAsync(Path.Combine(context, "d7", "f7"), "changed");
            changed.Add(await bench.SolveAsync(CopyContext(), context));
        }

        return
        [
            new Figure("`COPY . /src` of 20,000 small files, first", 6.0, first),
            new Figure("the same, unchanged", 0.53, unchanged),
            new Figure("the same, one file changed", 1.5, changed),
        ];
    }

    private static State Chain(int length)
    {
        State state = State.Scratch;
        for (int i = 0; i < length; i++)
        {
            state = state.File(FileActions.None.MakeFile(Name(i), 0x1a4, Encoding.ASCII.GetBytes(Name(i))));
        }

        return state;
    }

    private static State HandedOn(int length)
    {
        State first = State.Scratch.File(FileActions.None.MakeFile("/file", 0x1a4, "file"u8.ToArray()));
        State state = first;
        for (int i = 0; i < length; i++)
        {
            state = state.Requires($"p{i}", first);
        }

        return state;
    }

    private static State Wide(int width) => State.Merge(Enumerable.Range(0, width)
        .Select(i => State.Scratch.File(FileActions.None.MakeFile(Name(i), 0x1a4, Encoding.ASCII.GetBytes(Name(i))))));

    private static State Runs(int length, string word)
    {
        // The machine's own static busybox is the whole root.
        State state = State.Scratch.File(FileActions.None.Copy(
            State.Local("context", new LocalOptions { SessionId = "figures" }),
            "/busybox",
            "/bin/sh",
            new CopyOptions { CreateDestinationPath = true }));
        for (int i = 0; i < length; i++)
        {
            state = state.Run("/bin/sh", "-c", $": {word} {i}");
        }

        return state;
    }

    private static State CopyContext() => State.Scratch.File(FileActions.None.Copy(
        State.Local("context", new LocalOptions { SessionId = "figures" }),
        "/",
        "/src/",
        new CopyOptions { CopyDirectoryContents = true, CreateDestinationPath = true }));

    private static void WriteContext(string directory)
    {
        for (int i = 0; i < ContextFiles; i++)
        {
            string parent = Path.Combine(directory, "d" + (i / 100).ToString(CultureInfo.InvariantCulture));
            if (i % 100 == 0)
            {
                Directory.CreateDirectory(parent);
            }

            File.WriteAllText(Path.Combine(parent, "f" + (i % 100).ToString(CultureInfo.InvariantCulture)), $"content of file {i}\n");
        }
    }

    private static string Name(int i) => "/file-" + i.ToString(CultureInfo.InvariantCulture);
}
