using System.Globalization;
using Cairn.Snapshotter.Layers;
using Cairn.Snapshotter.Store;
using Cairn.Snapshotter.Tests.Support;
using Cairn.Tests.Harness;
using Xunit;

namespace Cairn.Snapshotter.Tests.Locking;

/// <summary>Several processes with mounts of the same layers.</summary>
public sealed class SharedMountTests : IDisposable
{
    private readonly TestStore _test = new("overlay");

    public void Dispose() => _test.Dispose();

    [Fact]
    public void LCK_12_Each_process_has_its_own_mount_of_a_layer_and_ends_only_that()
    {
        LayerId layer = _test.Layer([], "printf content > f");
        using ChildProcess first = Open();
        using ChildProcess second = Open();
        first.Do("view", "v", $"{layer}");
        second.Do("view", "v", $"{layer}");
        string one = first.Do("attach", "v");
        string two = second.Do("attach", "v");
        Assert.NotEqual(one, two);
        first.Do("dispose", "v");
        Assert.Equal("content", second.Do("read", "v", "/f"));
        Assert.Equal("content", File.ReadAllText(Path.Combine(two, "f")));
        Assert.DoesNotContain(one, Mounts(), StringComparison.Ordinal);
        second.Do("dispose", "v");
        Assert.DoesNotContain(_test.Options.RunRoot, Mounts(), StringComparison.Ordinal);
        Assert.Throws<ChildException>(() => second.Do("dispose", "v"));

        // Ending a view once more is nothing, and it cannot be used: there is no count that could go wrong.
        SnapshotView view = _test.Snapshotter.View([layer]);
        SnapshotView other = _test.Snapshotter.View([layer]);
        view.Dispose();
        view.Dispose();
        Assert.Throws<ObjectDisposedException>(view.Attach);
        Assert.Equal("content", File.ReadAllText(Path.Combine(other.Attach(), "f")));
        first.Do("close");
        second.Do("close");
        Assert.Contains("in use", Assert.ThrowsAny<Exception>(() => Remove(layer)).Message, StringComparison.Ordinal);
        other.Dispose();
        Remove(layer);
    }

    [Fact]
    public void LCK_13_Ending_a_mount_never_ends_that_of_another_process()
    {
        LayerId layer = _test.Layer([], "printf content > f");
        using ChildProcess first = Open();
        using ChildProcess second = Open();
        string rounds = $"{Soak.Choose(300, 10_000)}";
        first.Send("view-rounds", $"{layer}", rounds);
        second.Send("view-rounds", $"{layer}", rounds);
        using SnapshotView held = _test.Snapshotter.View([layer]);
        string path = held.Attach();
        first.Answer();
        second.Answer();
        Assert.Equal("content", File.ReadAllText(Path.Combine(path, "f")));
        Assert.Equal(1, Mounts().Split(_test.Options.RunRoot).Length - 1);
        Soak.Note("mounts of a layer in two processes at once", 2 * long.Parse(rounds, CultureInfo.InvariantCulture), 0);
    }

    [Fact]
    public async Task LCK_14_After_a_reboot_nothing_is_counted_pinned_or_mounted_any_more()
    {
        LayerId layer = _test.Layer([], "printf content > f");
        await _test.Store.SealAsync(TimeSpan.FromMinutes(5), TestContext.Current.CancellationToken);   // else it goes with the power
        await _test.Store.DisposeAsync();
        string instance;
        using (ChildProcess child = ChildProcess.Start())
        {
            instance = child.Do("open", _test.Options.Root, _test.Options.RunRoot, $"boot={Guid.NewGuid()}");
            child.Do("view", "v", $"{layer}");
            child.Do("attach", "v");
            child.Do("prepare", "a", $"{layer}");
            child.Do("attach", "a");
            child.Do("stage", "s", "/x=y");
            child.Kill();
        }
        // What a reboot does to mounts; the run directory is one that survived it.
        Shell.Run($"grep -F '{_test.Options.RunRoot}' /proc/self/mountinfo | cut -d' ' -f5 | xargs -r -n1 umount -l");
        string stale = Path.Combine(_test.Options.RunRoot, _test.Store.StoreId, instance);
        Assert.True(Directory.Exists(stale));

        using StoreRoot store = StoreRoot.Open(_test.Options with { BootId = Guid.NewGuid() }, [StoreCommands.Notes]);
        Assert.Contains(instance, store.ReclaimedInstances);
        Assert.False(Directory.Exists(stale));
        Assert.Empty(StoreChecks.Entries(store, "staging"));
        Assert.Equal([store.Instance.Id], StoreChecks.Entries(store, "instances"));
        ISnapshotter snapshotter = SnapshotterFactory.Open(store);
        foreach (LayerId left in StoreChecks.Layers(store))
        {
            store.Write(transaction => snapshotter.Remove(transaction, left, force: false));
        }
        Assert.Empty(StoreChecks.Entries(store, "layers"));
    }

    // Ten processes wait for processors, where the machine has fewer, and for each other's ends of mounts in the kernel: both are noted.
    // What the store adds shows with as many processes as processors.
    [Fact]
    public void LCK_15_Ten_processes_make_mount_and_remove_snapshots()
    {
        int each = Soak.Choose(20, 50);
        using ChildProcess single = Open();
        ChildProcess[] children = [.. Enumerable.Range(0, 10).Select(_ => Open())];
        foreach (ChildProcess child in children.Append(single))
        {
            child.Do("density", "30");   // what is compiled at the first use is no waiting
        }
        Mounting alone = Mounting.Parse(single.Do("density", $"{4 * each}"));
        Mounting together = Together(children, each);
        Assert.Equal(10 * each, together.Times.Count);
        Assert.Equal(0, alone.Turns + together.Turns);   // a mount takes no write turn, so nobody waits for another's
        int processes = Math.Clamp(Environment.ProcessorCount, 2, 10);
        double ratio = double.MaxValue;
        for (int attempt = 0; attempt < 10 && ratio >= 3; attempt++)   // the machine may be busy with something else: once must be enough
        {
            alone = Mounting.Parse(single.Do("density", $"{4 * each}"));
            ratio = Together(children[..processes], 4 * each).Percentile(99, withQueue: false) / alone.Percentile(99, withQueue: false);
        }
        foreach (ChildProcess child in children.Append(single))
        {
            child.Do("close");
            child.Dispose();
        }
        Assert.Empty(StoreChecks.Layers(_test.Store));
        Assert.DoesNotContain(_test.Options.RunRoot, Mounts(), StringComparison.Ordinal);
        Soak.Note(
            "snapshots made, mounted and removed by ten processes", together.Times.Count, 0,
            ("99th percentile of a mount in ms, one process", alone.Percentile(99, withQueue: true)),
            ("99th percentile of a mount in ms, ten", together.Percentile(99, withQueue: true)),
            ("the same without waiting for a processor, one", alone.Percentile(99, withQueue: false)),
            ("the same without waiting for a processor, ten", together.Percentile(99, withQueue: false)),
            ("median ms, one process", alone.Percentile(50, withQueue: true)), ("median ms, ten", together.Percentile(50, withQueue: true)),
            ("99th percentile of as many processes as processors, to that of one", ratio));
        Assert.True(ratio < 3, $"the slowest mounts of {processes} processes take {ratio} times as long as those of one");
    }

    private static Mounting Together(ChildProcess[] children, int each)
    {
        foreach (ChildProcess child in children)
        {
            child.Send("density", $"{each}");
        }
        return Mounting.Join(children.Select(static child => Mounting.Parse(child.Answer())));
    }

    private sealed record Mounting(long Turns, IReadOnlyList<(double All, double Running)> Times)
    {
        public static Mounting Parse(string answer)
        {
            double[] numbers = [.. answer.Split(' ').Select(static time => double.Parse(time, CultureInfo.InvariantCulture))];
            return new Mounting((long)numbers[0], [.. numbers[1..].Chunk(2).Select(static pair => (pair[0], pair[1]))]);
        }

        public static Mounting Join(IEnumerable<Mounting> parts) => parts.Aggregate(
            static (all, part) => new Mounting(all.Turns + part.Turns, [.. all.Times, .. part.Times]));

        public double Percentile(int part, bool withQueue)
        {
            double[] sorted = [.. Times.Select(time => withQueue ? time.All : time.Running).Order()];
            return sorted[sorted.Length * part / 100];
        }
    }

    private static string Mounts() => File.ReadAllText("/proc/self/mountinfo");

    private void Remove(LayerId layer) => _test.Store.Write(transaction => _test.Snapshotter.Remove(transaction, layer, force: false));

    private ChildProcess Open()
    {
        ChildProcess child = ChildProcess.Start();
        child.Do("open", _test.Options.Root, _test.Options.RunRoot);
        return child;
    }
}
