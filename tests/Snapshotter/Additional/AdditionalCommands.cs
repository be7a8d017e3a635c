using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using Cairn.Snapshotter.Layers;
using Cairn.Snapshotter.Store;
using Cairn.Snapshotter.Tars;
using Cairn.Tests.Harness;

namespace Cairn.Snapshotter.Tests.Additional;

/// <summary>Commands of a child process about additional stores, differences and exports.</summary>
[ChildCommands]
internal static class AdditionalCommands
{
    /// <summary>take LAYER…: makes layers of the first additional store layers of this one; their ids here, with commas.</summary>
    public static string Take(ChildSession session, string[] arguments) =>
        string.Join(',', arguments.Select(layer => OtherStore.Take(session.Store, StoreCommands.Layers(layer)[0])));

    /// <summary>diffs COUNT LOWER UPPER: computes a difference so often; the digests of its archives, each once, with commas.</summary>
    public static string Diffs(ChildSession session, string[] arguments)
    {
        var digests = new SortedSet<string>(StringComparer.Ordinal);
        for (int i = int.Parse(arguments[0], CultureInfo.InvariantCulture); i > 0; i--)
        {
            using StagedLayer staged = session.Snapshotter.Diff(
                StoreCommands.Layers(arguments[1]), StoreCommands.Layers(arguments[2]), CancellationToken.None);
            digests.Add(DigestOf(staged.Directory));
        }
        return string.Join(',', digests);
    }

    /// <summary>exports MILLISECONDS LAYER…: archives of layers at once, each to a reader that needs so long; the digests, and the milliseconds it took.</summary>
    public static string Exports(ChildSession session, string[] arguments)
    {
        int milliseconds = int.Parse(arguments[0], CultureInfo.InvariantCulture);
        var time = Stopwatch.StartNew();
        string[] digests = [.. Task.WhenAll(arguments[1..].Select(layer => Task.Factory.StartNew(
            () =>
            {
                using var reader = new SlowReader(milliseconds);
                LayerTarWriter.Write(
                    session.Snapshotter.ChangesDirectory(StoreCommands.Layers(layer)[0]), reader, LayerTarOptions.Default, CancellationToken.None);
                return reader.Digest();
            },
            CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default))).GetAwaiter().GetResult()];
        return string.Create(CultureInfo.InvariantCulture, $"{string.Join(',', digests)} {time.ElapsedMilliseconds}");
    }

    /// <summary>churn COUNT: creates and deletes layers; the longest time that one of both took, in milliseconds.</summary>
    public static string Churn(ChildSession session, string[] arguments)
    {
        TimeSpan longest = TimeSpan.Zero;
        for (int i = int.Parse(arguments[0], CultureInfo.InvariantCulture); i > 0; i--)
        {
            var time = Stopwatch.StartNew();
            string layer = StoreCommands.Layer(session, ["/a=1", "/b=2"]);
            longest = time.Elapsed > longest ? time.Elapsed : longest;
            time.Restart();
            StoreCommands.Remove(session, [layer]);
            longest = time.Elapsed > longest ? time.Elapsed : longest;
        }
        return longest.TotalMilliseconds.ToString(CultureInfo.InvariantCulture);
    }

    /// <summary>immutable ROOT RUN OTHER LAYER: opens a store with another one and reads a layer of that one often; a file of it, and every warning.</summary>
    public static string Immutable(ChildSession session, string[] arguments)
    {
        using var log = new WarningLog();
        using StoreRoot store = StoreRoot.Open(
            new StoreOptions { Root = arguments[0], RunRoot = arguments[1], AdditionalStores = [arguments[2]], Loggers = log }, []);
        ISnapshotter snapshotter = SnapshotterFactory.Open(store);
        LayerId layer = OtherStore.Take(store, StoreCommands.Layers(arguments[3])[0]);
        string content = "";
        for (int i = 0; i < 5; i++)
        {
            store.Additional.Refresh();
            using SnapshotView view = snapshotter.View([layer]);
            content = System.Text.Encoding.UTF8.GetString(view.Tree.TryReadFile("/f", 100)!).Trim();
        }
        return string.Join('\n', log.Warnings.Prepend(content));
    }

    internal static string DigestOf(string changes)
    {
        using var archive = new MemoryStream();
        LayerTarWriter.Write(changes, archive, LayerTarOptions.Default, CancellationToken.None);
        return Convert.ToHexStringLower(SHA256.HashData(archive.ToArray()));
    }
}
