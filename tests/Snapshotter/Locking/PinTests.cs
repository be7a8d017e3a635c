using System.Diagnostics;
using System.Globalization;
using Cairn.Llb;
using Cairn.Snapshotter.Layers;
using Cairn.Snapshotter.Tests.Support;
using Cairn.Tests.Harness;
using Xunit;

namespace Cairn.Snapshotter.Tests.Locking;

/// <summary>Layers that are being read stay, in this process and in others, and nothing of it outlives the process.</summary>
public sealed class PinTests : IDisposable
{
    private readonly TestStore _test = new("overlay");

    public void Dispose() => _test.Dispose();

    [Fact]
    public void A_layer_that_this_process_reads_is_not_removed()
    {
        LayerId layer = _test.Layer([], "echo a > f");
        using (SnapshotView view = _test.Snapshotter.View([layer]))
        {
            BuildException error = Assert.Throws<BuildException>(() => Remove(layer));
            Assert.Contains($"in use by process {Environment.ProcessId} ", error.Message, StringComparison.Ordinal);
            Assert.Equal(ErrorKind.Environment, error.Kind);
            Assert.True(_test.Snapshotter.Exists(layer));
            Assert.Equal("a\n", Shell.Run("cat f", view.Attach()));
        }
        Remove(layer);
        Assert.False(_test.Snapshotter.Exists(layer));
    }

    [Fact]
    public async Task A_layer_that_was_read_can_be_removed_whatever_programs_are_being_started()
    {
        using var done = new CancellationTokenSource();
        Task[] starters = [.. Enumerable.Range(0, 3).Select(_ => Task.Run(() =>
        {
            while (!done.IsCancellationRequested)
            {
                Shell.Run(":");
            }
        }))];
        for (int i = 0; i < 50; i++)
        {
            LayerId layer;
            using (StagedLayer staged = _test.Snapshotter.Stage())
            {
                layer = _test.Publish(staged);
            }
            _test.Snapshotter.View([layer]).Dispose();
            Remove(layer);
            Assert.False(_test.Snapshotter.Exists(layer));
        }
        await done.CancelAsync();
        await Task.WhenAll(starters);
    }

    [Fact]
    public void A_layer_that_another_process_reads_is_not_removed_until_that_ends_even_by_kill()
    {
        LayerId layer = _test.Layer([], "echo a > f");
        using ChildProcess child = ChildProcess.Start();
        child.Do("open", _test.Options.Root, _test.Options.RunRoot);
        child.Do("view", "v", $"{layer}");
        BuildException error = Assert.Throws<BuildException>(() => Remove(layer));
        Assert.Contains($"in use by process {child.Id} (", error.Message, StringComparison.Ordinal);
        child.Kill();
        Remove(layer);
        Assert.False(_test.Snapshotter.Exists(layer));
    }

    [Fact]
    public void Several_readers_in_one_process_have_one_descriptor_and_the_last_one_lets_go()
    {
        LayerId layer = _test.Layer([], "echo a > f");
        string directory = Path.Combine(_test.Store.Root, "layers", layer.ToString());
        UsedLayers[] used = [.. Enumerable.Range(0, 20).Select(_ => _test.Snapshotter.Use([layer]))];
        Assert.Equal(1, Descriptors(directory));
        foreach (UsedLayers one in used)
        {
            Assert.Throws<BuildException>(() => Remove(layer));
            one.Dispose();
            one.Dispose();
        }
        Assert.Equal(0, Descriptors(directory));
        Remove(layer);
    }

    [Fact]
    public void Whoever_comes_while_a_layer_is_removed_learns_that_it_is_gone()
    {
        LayerId layer = _test.Layer([], "echo a > f");
        string go = Path.Combine(_test.Options.RunRoot, "go");
        using ChildProcess remover = ChildProcess.Start();
        remover.Do("open", _test.Options.Root, _test.Options.RunRoot);
        remover.Do("fail", $"transaction.written:1:pause-until={go}");
        remover.Send("remove", $"{layer}");
        Await.File(go + ".reached");
        Assert.Single(Directory.GetDirectories(Path.Combine(_test.Store.Root, "trash"), "*+layers+*"));   // renamed already, not committed
        File.WriteAllText(go, "");
        remover.Answer();
        BuildException error = Assert.Throws<BuildException>(() => _test.Snapshotter.View([layer]));
        Assert.Contains("the store does not have it", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_reader_that_waits_for_a_removal_which_fails_gets_its_layer()
    {
        LayerId layer = _test.Layer([], "echo a > f");
        string go = Path.Combine(_test.Options.RunRoot, "go");
        using ChildProcess remover = ChildProcess.Start();
        remover.Do("open", _test.Options.Root, _test.Options.RunRoot);
        remover.Do("fail", $"remove.locked:1:pause-until={go},transaction.written:1:error=EIO");
        remover.Send("remove", $"{layer}");
        Await.File(go + ".reached");   // locked, and its directory still has its name
        Task<SnapshotView> view = Task.Run(() => _test.Snapshotter.View([layer]), TestContext.Current.CancellationToken);
        Await.True(
            () => Shell.Run("grep -c -- '->.*FLOCK.*READ' /proc/locks || true").Trim() != "0", "the reader waits for the lock");
        File.WriteAllText(go, "");
        Assert.Throws<ChildException>(remover.Answer);
        using SnapshotView got = await view;
        Assert.Equal("a\n", Shell.Run("cat f", got.Attach()));
    }

    [Fact]
    public void Reading_costs_microseconds_a_layer()
    {
        LayerId[] layers = [.. Enumerable.Range(0, 100).Select(_ => _test.Layer([], "true"))];
        for (int i = 0; i < 50; i++)
        {
            _test.Snapshotter.Use(layers).Dispose();
        }
        var time = Stopwatch.StartNew();
        for (int i = 0; i < 100; i++)
        {
            _test.Snapshotter.Use(layers).Dispose();
        }
        double each = time.Elapsed.TotalMicroseconds / 100 / layers.Length;
        Soak.Note("microseconds to pin and let go one layer of a list of 100", 100, 0, ("microseconds", each));
        Assert.Equal(0, Descriptors($"{_test.Store.Root}/layers"));
    }

    // Other tests in this process open and close descriptors meanwhile.
    private static int Descriptors(string path) => int.Parse(
        Shell.Run($"ls -l /proc/{Environment.ProcessId}/fd 2> /dev/null | grep -c -- '-> {path}' || true"), CultureInfo.InvariantCulture);

    private void Remove(LayerId layer) => _test.Store.Write(transaction => _test.Snapshotter.Remove(transaction, layer, force: false));
}
