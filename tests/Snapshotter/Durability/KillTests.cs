using System.Diagnostics;
using Cairn.Snapshotter.Layers;
using Cairn.Snapshotter.Store;
using Cairn.Snapshotter.Tests.Support;
using Cairn.Tests.Harness;
using Xunit;

namespace Cairn.Snapshotter.Tests.Durability;

/// <summary>kill -9 at random moments, with other processes at work in the same store.</summary>
public sealed class KillTests : IDisposable
{
    private const int Workers = 3;

    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void STG_01_DEL_01_Killed_at_random_processes_lose_nothing_that_was_published_and_leave_nothing()
    {
        Random random = Soak.Random();
        var options = new StoreOptions { Root = _directory["root"], RunRoot = _directory["run"] };
        Dictionary<LayerId, int> certain = [];
        HashSet<LayerId> gone = [];
        int kills = 0;
        int lost = 0;
        var workers = new List<(ChildProcess Child, string Log)>();
        var time = Stopwatch.StartNew();
        string boot = File.ReadAllText("/proc/sys/kernel/random/boot_id").Trim();
        try
        {
            while (kills < Soak.Choose(6, 40) || time.Elapsed < Soak.Share(0.25))
            {
                while (workers.Count < Workers)
                {
                    string log = _directory[$"log{kills}.{workers.Count}.{random.Next()}"];
                    ChildProcess child = ChildProcess.Start();
                    workers.Add((child, log));
                    child.Do("work-open", options.Root, options.RunRoot, boot);
                    child.Send("work", log, $"{random.Next()}", "100000");
                }
                int which = random.Next(workers.Count);
                (ChildProcess victim, string written) = workers[which];
                int lines = random.Next(5, 120);
                Await.True(() => victim.HasExited || (File.Exists(written) && File.ReadLines(written).Count() >= lines), "it is time to kill one");
                Assert.False(victim.HasExited);
                victim.Kill();
                victim.Dispose();
                kills++;
                workers.RemoveAt(which);
                var model = WorkModel.Read(written, onlySealed: false, new Dictionary<LayerId, int>());
                gone.UnionWith(model.Gone);
                foreach ((LayerId layer, int key) in model.Certain)
                {
                    certain.Add(layer, key);
                }
                using StoreRoot beside = StoreRoot.Open(options, [StoreCommands.Notes]);
                foreach ((LayerId layer, int key) in certain)
                {
                    lost += Directory.Exists(Path.Combine(options.Root, "layers", $"{layer}")) ? 0 : 1;
                }
                lost += gone.Count(layer => Directory.Exists(Path.Combine(options.Root, "layers", $"{layer}")));
            }
        }
        finally
        {
            foreach ((ChildProcess child, string log) in workers)
            {
                child.Kill();
                child.Dispose();
            }
        }
        IReadOnlyList<LayerId> layers = StoreCheck.Whole(options);   // by then everything that the dead left is taken over
        using StoreRoot store = StoreRoot.Open(options, [StoreCommands.Notes]);
        Dictionary<LayerId, int> present = WorkModel.Present(store);
        lost += certain.Count(pair => !present.TryGetValue(pair.Key, out int key) || key != pair.Value);
        Soak.Note("kill -9 of one of three processes at work", kills, lost, ("published layers looked for", certain.Count), ("layers in the end", layers.Count));
        Assert.Equal(0, lost);
    }

    [Fact]
    public async Task LCK_14_After_another_boot_nothing_of_the_last_one_holds_a_layer()
    {
        var options = new StoreOptions { Root = _directory["root"], RunRoot = _directory["run"] };
        string layer;
        string mounted;
        using (ChildProcess child = ChildProcess.Start())
        {
            child.Do("open", options.Root, options.RunRoot);
            layer = child.Do("layer", "/f=x");
            child.Do("view", "v", layer);
            mounted = child.Do("attach", "v");
            child.Do("prepare", "a", layer);
            child.Do("seal");
            child.Kill();
        }
        Assert.True(Directory.Exists(mounted));   // a boot does not clear every run directory
        using StoreRoot store = StoreRoot.Open(options with { BootId = Guid.NewGuid() }, [StoreCommands.Notes]);
        Assert.Single(store.ReclaimedInstances);
        Assert.False(Directory.Exists(mounted));
        Assert.DoesNotContain(_directory.Path, File.ReadAllText("/proc/self/mountinfo"), StringComparison.Ordinal);
        ISnapshotter snapshotter = SnapshotterFactory.Open(store);
        Assert.True(store.Write(transaction => snapshotter.Remove(transaction, StoreCheck.Id(layer), force: false)));
        await store.EmptyTrashAsync(TestContext.Current.CancellationToken);
        Assert.Empty(StoreCheck.Whole(store));
    }
}
