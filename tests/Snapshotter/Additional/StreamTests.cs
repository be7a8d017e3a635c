using System.Globalization;
using Cairn.Snapshotter.Layers;
using Cairn.Snapshotter.Store;
using Cairn.Snapshotter.Tests.Support;
using Cairn.Tests.Harness;
using Xunit;

namespace Cairn.Snapshotter.Tests.Additional;

/// <summary>Reading layers holds nobody up, and views do not meet.</summary>
public sealed class StreamTests : IDisposable
{
    private readonly OtherStore _other = new();
    private readonly TemporaryDirectory _directory = new();

    public void Dispose()
    {
        _directory.Dispose();
        _other.Dispose();
    }

    [Fact]
    public async Task AIS_03_A_view_that_many_tasks_use_is_there_until_the_last_one_ends_and_leaves_no_mount()
    {
        using var own = new OwnStore(_other.Root);
        LayerId layer = OtherStore.Take(own.Store, _other.Layers[1]);
        Random random = Soak.Random();
        SnapshotView[] views = await Task.WhenAll(Enumerable.Range(0, 16).Select(_ => Task.Run(
            () => own.Snapshotter.View([layer], TestContext.Current.CancellationToken), TestContext.Current.CancellationToken)));
        // They are detached: nobody sees a mount, so none can collide or be left.
        Assert.DoesNotContain(own.Options.RunRoot, Mounts("overlay"), StringComparison.Ordinal);
        random.Shuffle(views);
        for (int i = 0; i < views.Length; i++)
        {
            Assert.All(views[i..], static view => Assert.Equal("2\n"u8.ToArray(), view.Tree.TryReadFile("/d/two", 10)));
            views[i].Dispose();
        }
        Assert.DoesNotContain(own.Options.RunRoot, Mounts("overlay"), StringComparison.Ordinal);
        own.Store.Dispose();
        Assert.DoesNotContain(own.Options.RunRoot, Mounts(""), StringComparison.Ordinal);
    }

    [Fact]
    public void AIS_08_Archives_of_layers_are_written_side_by_side_without_an_exclusive_lock()
    {
        using ChildProcess first = Start("flock", out string[] layers);
        using ChildProcess second = Start("flock", out string[] others);
        foreach (ChildProcess child in new[] { first, second })
        {
            child.Do("mark", "begin");
        }
        first.Send("exports", ["1000", .. layers]);
        second.Send("exports", ["1000", .. others]);
        string[] answers = [first.Answer(), second.Answer()];
        foreach (string answer in answers)
        {
            Assert.Equal(8, answer.Split(' ')[0].Split(',').Distinct().Count());
            Assert.InRange(double.Parse(answer.Split(' ')[1], CultureInfo.InvariantCulture), 1000, 7900);   // one after the other would be 8000
        }
        foreach (ChildProcess child in new[] { first, second })
        {
            child.Do("mark", "end");
            child.Do("close");
            Assert.DoesNotContain(child.ExitAndRead().Between("begin", "end").Calls, static call => call.TakesExclusiveLock);
        }
    }

    [Fact]
    public void AIS_09_An_archive_that_nobody_reads_does_not_stop_others_from_making_and_deleting_layers()
    {
        int held = Soak.Choose(5_000, 30_000);
        using ChildProcess reader = Start(null, out string[] layers);
        using ChildProcess writer = ChildProcess.Start();
        writer.Do("open", _directory["root"], _directory["run"]);
        string digest = reader.Do("exports", "0", layers[0]).Split(' ')[0];
        reader.Send("exports", held.ToString(CultureInfo.InvariantCulture), layers[0]);
        double longest = double.Parse(writer.Do("churn", "20"), CultureInfo.InvariantCulture);
        Assert.InRange(longest, 0, held * 0.9);
        Assert.Equal(digest, reader.Answer().Split(' ')[0]);
        writer.Do("empty-trash");
        foreach (ChildProcess child in new[] { reader, writer })
        {
            child.Do("close");
            child.Exit();
        }
    }

    [Fact]
    public async Task AIS_10_The_size_of_a_layer_is_the_same_while_it_is_mounted_and_unmounted()
    {
        using var own = new OwnStore(_other.Root);
        LayerId[] layers = _other.TakeAll(own.Store);
        LayerId made;
        using (StagedLayer staged = own.Snapshotter.Diff([layers[3]], layers[..3], TestContext.Current.CancellationToken))
        {
            _ = staged.Usage;
            made = own.Store.Write(staged.Publish);
        }
        LayerUsage size = own.Snapshotter.Usage(made);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        Task mounting = Task.Factory.StartNew(
            () =>
            {
                while (!stop.IsCancellationRequested)
                {
                    using SnapshotView view = own.Snapshotter.View([.. layers, made], CancellationToken.None);
                    view.Attach();
                }
            },
            TestContext.Current.CancellationToken, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        for (int i = 0; i < Soak.Choose(300, 5_000); i++)
        {
            Assert.Equal(size, own.Snapshotter.Usage(made));
            Assert.Empty(LayerSpace.OfFamilies(own.Store));
        }
        await stop.CancelAsync();
        await mounting;
    }

    [Fact]
    public void AIS_11_Two_stores_with_one_run_directory_have_places_of_their_own_there()
    {
        using StoreRoot first = StoreRoot.Open(
            new StoreOptions { Root = _directory["one"], RunRoot = _directory["run"], AdditionalStores = [_other.Root] }, []);
        StoreRoot second = StoreRoot.Open(
            new StoreOptions { Root = _directory["two"], RunRoot = _directory["run"], AdditionalStores = [_other.Root] }, []);
        Assert.NotEqual(first.Instance.RunDirectory, second.Instance.RunDirectory);
        ISnapshotter one = SnapshotterFactory.Open(first);
        ISnapshotter two = SnapshotterFactory.Open(second);
        LayerId here = OtherStore.Take(first, _other.Layers[0]);
        LayerId there = OtherStore.Take(second, _other.Layers[0]);
        using SnapshotView view = one.View([here], TestContext.Current.CancellationToken);
        string path = view.Attach();
        using (SnapshotView other = two.View([there], TestContext.Current.CancellationToken))
        {
            Assert.NotEqual(path, other.Attach());
        }
        second.Dispose();
        Assert.Equal("one\n", File.ReadAllText(Path.Combine(path, "f")));
        using StoreRoot third = StoreRoot.Open(new StoreOptions { Root = _directory["two"], RunRoot = _directory["run"] }, []);
        Assert.Empty(third.ReclaimedInstances);
        Assert.Equal("one\n", File.ReadAllText(Path.Combine(path, "f")));
    }

    private static string Mounts(string kind) =>
        string.Join('\n', File.ReadLines("/proc/self/mountinfo").Where(line => line.Contains($" - {kind}", StringComparison.Ordinal)));

    // Both open the same store; each has eight layers of its own there.
    private ChildProcess Start(string? trace, out string[] layers)
    {
        var child = ChildProcess.Start(new ChildOptions { Trace = trace });
        child.Do("open", _directory["root"], _directory["run"], "additional=" + _other.Root);
        layers = [.. Enumerable.Range(0, 8).Select(i => child.Do("layer", $"/{Guid.NewGuid()}={i}"))];
        return child;
    }
}
