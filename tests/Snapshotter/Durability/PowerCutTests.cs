using System.Diagnostics;
using Cairn.Snapshotter.Layers;
using Cairn.Snapshotter.Store;
using Cairn.Snapshotter.Tests.Support;
using Cairn.Tests.Harness;
using Xunit;

namespace Cairn.Snapshotter.Tests.Durability;

/// <summary>The power goes while a process works, on a disk of its own; then the machine is started again.</summary>
public sealed class PowerCutTests : IDisposable
{
    private const int MaxLines = 400;   // of a log: the power goes also if the chosen place is never reached

    // Deletion, flattening, sealing; and the commit that all of them end with.
    private static readonly string[] Points =
    [
        "trash.renamed", "transaction.written", "transaction.committed", "log.flushed", "trash.delete", "tree.unlink", "trash.deleted",
        "seal.begun", "seal.flushed", "seal.noted", "flatten.staged", "flatten.filled", "flatten.renamed", "flatten.published",
    ];

    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData("ext4", 256)]
    [InlineData("xfs", 320)]
    public async Task STG_10_After_a_power_cut_what_was_sealed_is_there_and_what_is_there_is_whole(string kind, int megabytes)
    {
        Random random = Soak.Random();
        using LoopFilesystem disk = LoopFilesystem.Make(kind, megabytes);
        var options = new StoreOptions { Root = disk.Path + "/root", RunRoot = _directory["run"] };
        Dictionary<LayerId, int> before = [];
        int lost = 0;
        int aimed = 0;
        int cuts = 0;
        int certain = 0;
        var time = Stopwatch.StartNew();
        while (cuts < Soak.Choose(5, 20) || aimed * 2 < cuts || time.Elapsed < Soak.Share(0.25))
        {
            string log = _directory[$"log{cuts}"];
            using (var neighbour = new Neighbour(disk.Path + "/neighbour"))
            {
                aimed += Work(disk, options, random, log, mustAim: aimed * 2 <= cuts, neighbour) ? 1 : 0;
            }
            cuts++;
            Remount(disk);
            using (StoreRoot store = StoreRoot.Open(options with { BootId = Guid.NewGuid() }, [StoreCommands.Notes]))
            {
                var model = WorkModel.Read(log, onlySealed: true, before);
                certain += model.Certain.Count;
                lost += model.CountLost(store);
                await store.EmptyTrashAsync(TestContext.Current.CancellationToken);
                StoreCheck.Whole(store);
                ISnapshotter snapshotter = SnapshotterFactory.Open(store);
                foreach (LayerId layer in WorkModel.Present(store).Keys.Where(_ => random.Next(2) == 0))
                {
                    store.Write(transaction =>
                    {
                        snapshotter.Remove(transaction, layer, force: false);
                        transaction.Command($"DELETE FROM notes WHERE text LIKE '{layer} %'").ExecuteNonQuery();
                    });
                }
                await store.SealAsync(TimeSpan.FromMinutes(5), TestContext.Current.CancellationToken);
            }
            using StoreRoot again = StoreRoot.Open(options with { BootId = Guid.NewGuid() }, [StoreCommands.Notes]);
            Assert.Empty(again.LostFiles);   // what the first opening kept needs no more proof
            before = WorkModel.Present(again);
        }
        Soak.Note($"power cuts on {kind}", cuts, lost, ("in deletion, flattening or sealing", aimed), ("sealed layers looked for", certain));
        Assert.Equal(0, lost);
    }

    [Theory]
    [InlineData("ext4", 64)]
    [InlineData("xfs", 320)]
    public void STG_10_DEL_01_A_power_cut_in_the_middle_of_a_deletion_brings_nothing_back_by_halves(string kind, int megabytes)
    {
        using LoopFilesystem disk = LoopFilesystem.Make(kind, megabytes);
        var options = new StoreOptions { Root = disk.Path + "/root", RunRoot = _directory["run"] };
        string go = _directory["go"];
        using (var neighbour = new Neighbour(disk.Path + "/neighbour"))
        using (ChildProcess child = ChildProcess.Start())
        {
            child.Do("open", options.Root, options.RunRoot);
            string layer = child.Do("make-layers", "1", "60");
            string kept = child.Do("layer", "/f=kept");
            child.Do("seal");
            child.Do("fail", $"tree.unlink:30:pause-until={go}");
            child.Do("remove", layer);
            child.Do("&", "empty", "empty-trash");
            Await.File(go + ".reached");
            neighbour.AwaitFlush();   // half of the files are gone from the disk; the row must be, too
            Assert.True(PowerCut.TryCut(disk.Path));
            child.Kill();
            Assert.Equal("2", kept);
        }
        Remount(disk);
        Assert.Equal([StoreCheck.Id("2")], StoreCheck.Whole(options with { BootId = Guid.NewGuid() }));
    }

    // True if the power went at one of the places.
    private static bool Work(LoopFilesystem disk, StoreOptions options, Random random, string log, bool mustAim, Neighbour neighbour)
    {
        using ChildProcess child = ChildProcess.Start();
        child.Do("work-open", options.Root, options.RunRoot, $"{Guid.NewGuid()}");
        string reached = log + ".go.reached";
        bool aims = mustAim || random.Next(4) != 0;
        int lines = aims ? MaxLines : random.Next(3, 150);
        if (aims)
        {
            child.Do("fail", $"{Points[random.Next(Points.Length)]}:{random.Next(1, 8)}:pause-until={log}.go");
        }
        child.Send("work", log, $"{random.Next()}", "100000");
        Await.True(() => File.Exists(reached) || child.HasExited || Lines(log) >= lines, "it is time for the power to go");
        bool there = File.Exists(reached);
        Assert.False(child.HasExited);
        if (random.Next(2) == 0)
        {
            neighbour.AwaitFlush();   // what was named, renamed and deleted until now is on the disk
        }
        Assert.True(PowerCut.TryCut(disk.Path));
        child.Kill();
        return there;
    }

    private static void Remount(LoopFilesystem disk)
    {
        disk.Unmount();
        // As long as some mount namespace on the machine has a copy, the same dead filesystem would be mounted again.
        Await.True(() => Shell.Run($"losetup -j '{disk.Image}'").Length == 0, "the disk is let go");
        disk.Mount();
    }

    private static int Lines(string log) => File.Exists(log) ? File.ReadLines(log).Count() : 0;
}
