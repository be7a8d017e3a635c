using System.Diagnostics;
using System.Globalization;
using Cairn.Snapshotter.Layers;
using Cairn.Snapshotter.Merging;
using Cairn.Snapshotter.Store;

namespace Cairn.Benchmarks.Figures;

/// <summary><c>storage [--runs N]</c>: the store alone, without a solver, beside the machine's own tools.</summary>
internal static class StorageFigures
{
    private const int Reads = 100_000;

    public static int Run(string[] arguments)
    {
        int runs = arguments is ["--runs", { } text] ? int.Parse(text, CultureInfo.InvariantCulture) : 5;
        string directory = Directory.CreateTempSubdirectory("cairn-storage-").FullName;
        try
        {
            StorageFigure[] figures =
            [
                Join(directory, 10, 5000, runs), Join(directory, 128, 10, runs), Hardlinks(directory, runs), Delete(directory),
                Read(directory, runs),
            ];
            Console.WriteLine("| what | median s | min to max | tool | its median s | tool / Cairn | target |");
            Console.WriteLine("|---|---|---|---|---|---|---|");
            foreach (StorageFigure figure in figures)
            {
                double median = Median(figure.Samples);
                string tool = figure.Tool is null
                    ? "– | – | –"
                    : string.Create(CultureInfo.InvariantCulture, $"`{figure.Tool}` | {Median(figure.ToolSamples):0.000} | {Median(figure.ToolSamples) / median:0.0}");
                Console.WriteLine(string.Create(
                    CultureInfo.InvariantCulture,
                    $"| {figure.Name} | {median:0.000000} | {figure.Samples.Min():0.000000} to {figure.Samples.Max():0.000000} | {tool} | {figure.Target} |"));
            }
            return 0;
        }
        finally
        {
            Shell("rm -rf --one-file-system " + directory);
        }
    }

    private static StorageFigure Join(string directory, int count, int files, int runs)
    {
        using StoreRoot store = Open(directory, $"join-{count}", "overlay", null);
        ISnapshotter snapshotter = SnapshotterFactory.Open(store);
        LayerId[] list = [.. Enumerable.Range(0, count).Select(i => Layer(store, snapshotter, $"l{i}", files))];
        string Inodes() => Shell($"find {store.Root} | wc -l");
        string before = Inodes();
        var samples = new List<double>();
        string after = "";
        for (int i = 0; i <= runs; i++)
        {
            long start = Stopwatch.GetTimestamp();
            using SnapshotView view = snapshotter.View(list);
            samples.Add(Stopwatch.GetElapsedTime(start).TotalSeconds);
            after = Inodes();
        }
        string inodes = before == after ? "no new inode" : $"{after} inodes after {before}";
        return new StorageFigure($"join {count} layers x {files:N0} files, {inodes}", samples[1..], null, [], "10 ms");
    }

    private static StorageFigure Hardlinks(string directory, int runs)
    {
        using StoreRoot store = Open(directory, "links", "native", MergeStrategy.Hardlink);
        ISnapshotter snapshotter = SnapshotterFactory.Open(store);
        LayerId[] list = [Layer(store, snapshotter, "a", 50_000), Layer(store, snapshotter, "b", 50_000)];
        var samples = new List<double>();
        var links = new List<double>();
        string tree = Path.Combine(directory, "tree");
        Shell($"mkdir {tree}; cp -a {string.Join(' ', list.Select(snapshotter.ChangesDirectory).Select(static layer => layer + "/."))} {tree}");
        for (int i = 0; i <= runs; i++)
        {
            long start = Stopwatch.GetTimestamp();
            using (snapshotter.View(list))
            {
                samples.Add(Stopwatch.GetElapsedTime(start).TotalSeconds);
            }
            store.EmptyTrashAsync(CancellationToken.None).GetAwaiter().GetResult();
            links.Add(Timed($"cp -al {tree} {tree}-links"));
            Shell($"rm -rf {tree}-links");
        }
        return new StorageFigure("merge of 100,000 files by links", samples[1..], "cp -al", links[1..], "not slower");
    }

    private static StorageFigure Delete(string directory)
    {
        LayerId layer;
        using (StoreRoot store = Open(directory, "delete", "overlay", null))
        {
            layer = Layer(store, SnapshotterFactory.Open(store), "big", 200_000);
        }
        using StoreRoot again = Open(directory, "delete", "overlay", null);
        ISnapshotter snapshotter = SnapshotterFactory.Open(again);
        again.Write(transaction => snapshotter.Remove(transaction, layer, force: false));
        again.EmptyTrashAsync(CancellationToken.None).GetAwaiter().GetResult();
        return new StorageFigure(
            "delete of 200,000 files, longest write turn", [again.WriteTurns.Longest.TotalSeconds], null, [], "50 ms");
    }

    private static StorageFigure Read(string directory, int runs)
    {
        using StoreRoot store = Open(directory, "read", "overlay", null);
        var medians = new List<double>();
        for (int run = 0; run <= runs; run++)
        {
            double[] times = new double[Reads];
            for (int i = 0; i < Reads; i++)
            {
                long start = Stopwatch.GetTimestamp();
                store.Read(static _ => 0);
                times[i] = Stopwatch.GetElapsedTime(start).TotalSeconds;
            }
            medians.Add(Median(times));
        }
        return new StorageFigure("start of a read, median of 100,000", medians[1..], null, [], "10 us");
    }

    private static StoreRoot Open(string directory, string name, string driver, MergeStrategy? strategy)
    {
        var options = new StoreOptions
        {
            Root = Path.Combine(directory, name), RunRoot = Path.Combine(directory, "run"), Driver = driver, Strategy = strategy,
        };
        return StoreRoot.Open(options, []);
    }

    // A hundred files to a directory, each with a name of its own in the merge.
    private static LayerId Layer(StoreRoot store, ISnapshotter snapshotter, string name, int files)
    {
        using StagedLayer staged = snapshotter.Stage();
        for (int i = 0; i < files; i++)
        {
            string parent = Path.Combine(staged.Directory, $"d{i / 100}");
            if (i % 100 == 0)
            {
                Directory.CreateDirectory(parent);
            }
            File.WriteAllText(Path.Combine(parent, $"{name}-{i}"), name);
        }
        _ = staged.Usage;
        return store.Write(staged.Publish);
    }

    private static double Timed(string command)
    {
        long start = Stopwatch.GetTimestamp();
        Shell(command);
        return Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    private static string Shell(string command)
    {
        using Process process = Process.Start(new ProcessStartInfo("/bin/sh", ["-ec", command]) { RedirectStandardOutput = true })!;
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0 ? output.Trim() : throw new InvalidOperationException($"{command} ended with {process.ExitCode}");
    }

    private static double Median(IReadOnlyList<double> samples) => samples.Order().ElementAt(samples.Count / 2);
}
