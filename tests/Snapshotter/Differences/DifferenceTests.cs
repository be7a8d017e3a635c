using System.Collections.Immutable;
using Cairn.Snapshotter.Layers;
using Cairn.Snapshotter.Manifests;
using Cairn.Snapshotter.Tars;
using Cairn.Snapshotter.Tests.Model;
using Cairn.Snapshotter.Tests.Support;
using Cairn.Tests.Harness;
using Xunit;

namespace Cairn.Snapshotter.Tests.Differences;

/// <summary>Differences of two lists of layers, with every driver.</summary>
public abstract class DifferenceTests(string driver) : IDisposable
{
    private const string Base = """
        mkdir -p d/e; echo one > d/f; echo two > d/g; echo three > d/e/h; ln -s f d/l; mknod d/n c 1 3; cp /bin/true d/x
        touch -d @9 d/f d/g d/e/h d/x d/n; touch -h -d @9 d/l; touch -d @9 d/e d
        """;

    private readonly TestStore _store = new(driver);

    public void Dispose()
    {
        _store.Dispose();
        GC.SuppressFinalize(this);
    }

    [Fact]
    public void DIF_01_Differences_with_nothing_and_with_the_same()
    {
        LayerId x = _store.Layer([], Base);

        Assert.Equal("", _store.Changes(Diff([x], [x])));
        Assert.Equal("", _store.Changes(Diff([], [])));
        Assert.Equal(_store.Show(x), _store.ShowChanges(Diff([], [x])));
        Assert.Equal("-d", _store.Changes(Diff([x], [])));
        Assert.Equal("", _store.Show(x, Diff([x], [])));
    }

    [Fact]
    public void DIF_02_DIF_06_A_difference_on_its_base_is_the_other_tree_also_of_merges_with_deletions()
    {
        int seed = Soak.Random().Next();
        for (int i = 0; i < Soak.Choose(25, 2000); i++)
        {
            ImmutableList<ModelLayer> common = RandomLayers.List(seed + 3 * i, 2);
            ModelLayer[] lower = [.. common, .. RandomLayers.List(seed + 3 * i + 1, 2)];
            ModelLayer[] upper = [.. common, .. RandomLayers.List(seed + 3 * i + 2, 2)];
            LayerId[] shared = [.. common.Select(Publish)];
            LayerId[] before = [.. shared, .. lower.Skip(common.Count).Select(Publish)];
            LayerId[] after = [.. shared, .. upper.Skip(common.Count).Select(Publish)];

            LayerId difference = Diff(before, after);
            string expected = ModelText.Of(ModelRules.Merge(upper));
            Assert.True(expected == _store.Show([.. before, difference]), Explain(seed + 3 * i, lower, upper, expected, _store.Show([.. before, difference])));
            Assert.Empty(Verify(difference).Differences);
        }
    }

    [Fact]
    public void DIF_06_Merges_of_differences_and_differences_of_differences_are_those_of_the_model()
    {
        int seed = Soak.Random().Next();
        for (int i = 0; i < Soak.Choose(20, 2000); i++)
        {
            ModelLayer[][] lists = [.. Enumerable.Range(0, 4).Select(k => RandomLayers.List(seed + 4 * i + k, 2).Select(Ungroup).ToArray())];
            LayerId[][] layers = [.. lists.Select(list => list.Select(Publish).ToArray())];
            ModelDirectory[] trees = [.. lists.Select(ModelRules.Merge)];
            ModelLayer first = ModelRules.Diff(trees[0], trees[1]) ?? ModelLayer.Nothing;
            ModelLayer second = ModelRules.Diff(trees[2], trees[3]) ?? ModelLayer.Nothing;
            LayerId one = Diff(layers[0], layers[1]);
            LayerId two = Diff(layers[2], layers[3]);

            string merged = ModelText.Of(ModelRules.Merge([first, second]));
            Assert.True(merged == _store.Show(one, two), Explain(seed + 4 * i, [first], [second], merged, _store.Show(one, two)));
            ModelDirectory left = ModelRules.Merge([first]);
            ModelDirectory right = ModelRules.Merge([second]);
            string again = ModelText.Of(ModelRules.Merge([ModelRules.Diff(left, right) ?? ModelLayer.Nothing]));
            Assert.True(again == _store.Show(Diff([one], [two])), Explain(seed + 4 * i, [first], [second], again, _store.Show(Diff([one], [two]))));
        }
    }

    [Fact]
    public void DIF_04_A_file_made_and_deleted_on_the_way_is_deleted_by_the_chain_and_unknown_to_a_plain_difference()
    {
        LayerId bottom = _store.Layer([], Base);
        LayerId made = _store.Layer([bottom], "echo x > passing; echo y > stays");
        LayerId deleted = _store.Layer([bottom, made], "rm passing");
        LayerId other = _store.Layer([], "echo mine > passing");
        LayerId stranger = _store.Layer([], Base);

        Assert.DoesNotContain("passing", _store.Show(other, made, deleted), StringComparison.Ordinal);
        LayerId plain = Diff([stranger], [bottom, made, deleted]);
        Assert.Equal("stays", _store.Changes(plain));
        Assert.Contains("/passing Regular", _store.Show(other, plain), StringComparison.Ordinal);
    }

    [Fact]
    public void DIF_05_A_difference_alone_shows_neither_deletions_nor_devices()
    {
        LayerId lower = _store.Layer([], "mkdir -p a/b c; touch a/b/x a/y c/z top");
        LayerId upper = _store.Layer([], "mkdir -p a/b; echo new > a/b/n");
        LayerId difference = Diff([lower], [upper]);

        Assert.Equal("a/ a/b/ a/b/n -a/b/x -a/y -c -top", _store.Changes(difference));
        using SnapshotView view = _store.Snapshotter.View([difference]);
        Assert.Equal("a/ a/b/ a/b/n", TreeText.Names(view.Tree));
        Assert.Equal("./a ./a/b ./a/b/n", Shell.Run("find . -mindepth 1 | sort | xargs", view.Attach()).Trim());
    }

    [Theory]
    [InlineData("chown 5 d/f", "d/ d/f")]
    [InlineData("chgrp 5 d/f", "d/ d/f")]
    [InlineData("chmod 600 d/f", "d/ d/f")]
    [InlineData("chmod 700 d/e", "d/ d/e/")]
    [InlineData("setcap cap_net_raw+ep d/x", "d/ d/x")]
    [InlineData("setfattr -n user.a -v b d/f", "d/ d/f")]
    [InlineData("touch -d @10 d/f", "d/ d/f")]
    [InlineData("touch -d @9.5 d/f", "d/ d/f")]
    [InlineData("touch -d @10 d/e", "d/ d/e/")]
    [InlineData("rm d/n; mknod d/n c 1 5; touch -d @9 d/n d", "d/ d/n")]
    [InlineData("rm d/l; ln -s g d/l; touch -h -d @9 d/l; touch -d @9 d", "d/ d/l")]
    [InlineData("cat d/f > /dev/null; touch -a d/f d/e", "")]
    [InlineData("chmod 600 d/f; chmod 644 d/f; touch -d @9 d/f", "")]
    [InlineData("ln d/f other; rm other", "")]
    public void DIF_07_What_is_a_change_and_what_is_none(string change, string changes)
    {
        LayerId lower = _store.Layer([], Base);
        LayerId upper = _store.Layer([], Base + "; " + change);

        Assert.Equal(changes, _store.Changes(Diff([lower], [upper])));
        LayerId written = _store.Layer([lower], change);
        Assert.Equal(changes, _store.Changes(written));
    }

    [Theory]
    [InlineData("@9")]
    [InlineData("@9.25")]
    public void DIF_08_Other_content_of_equal_size_and_time_is_found(string time)
    {
        LayerId lower = _store.Layer([], Base + $"; touch -d {time} d/f");
        string change = $"printf 'ONE\\n' > d/f; touch -d {time} d/f; touch -d @9 d";
        LayerId upper = _store.Layer([], Base + "; " + change);

        Assert.Equal("d/ d/f", _store.Changes(Diff([lower], [upper])));
        Assert.Equal("d/ d/f", _store.Changes(_store.Layer([lower], change)));
        Record(lower);
        Record(upper);
        Assert.Equal("d/ d/f", _store.Changes(Diff([lower], [upper])));
        Assert.Equal("", _store.Changes(Diff([lower], [_store.Layer([], Base + $"; touch -d {time} d/f")])));
    }

    [Fact]
    public void DIF_09_A_new_name_of_an_unchanged_file_takes_the_old_name_along_so_that_the_link_survives_export()
    {
        LayerId lower = _store.Layer([], Base);
        LayerId upper = _store.Layer([], Base + "; ln d/f d/again; touch -d @9 d");
        LayerId written = _store.Layer([lower], "ln d/f d/again; touch -d @9 d");
        foreach (LayerId difference in (LayerId[])[Diff([lower], [upper]), written])
        {
            Assert.Equal("d/ d/again d/f", _store.Changes(difference));
            Assert.Contains("/d/f Regular 644 0:0 9000000000 4 2c8b08da5ce6 = /d/again", _store.Show(lower, difference), StringComparison.Ordinal);
            using var tar = new MemoryStream();
            LayerTarWriter.Write(_store.Snapshotter.ChangesDirectory(difference), tar, LayerTarOptions.Default, CancellationToken.None);
            tar.Position = 0;
            using StagedLayer unpacked = _store.Snapshotter.Stage();
            LayerTarReader.Apply(tar, unpacked, [lower], _store.Snapshotter, CancellationToken.None);
            Assert.Contains(" = /d/again", _store.Show(lower, _store.Publish(unpacked)), StringComparison.Ordinal);
        }
    }

    [Fact]
    public void DIF_11_A_difference_of_layers_that_are_not_here_is_found_in_their_manifests()
    {
        LayerId lower = _store.Layer([], Base + "; touch gone");
        LayerId upper = _store.Layer([], Base + "; mkdir new; echo n > new/file; chmod 600 d/g; ln new/file d/linked; touch -d @9 d");
        LayerManifests manifests = _store.Snapshotter.Manifests;
        foreach (LayerId layer in (LayerId[])[lower, upper])
        {
            Record(layer);
        }
        string expected = _store.Changes(Diff([lower], [upper]));
        ManifestLayer[] known = [.. ((LayerId[])[lower, upper]).Select(layer =>
            new ManifestLayer("/nowhere", manifests.Read(layer), manifests.TryReadContents(layer)))];
        PlannedChange plan = DifferencePlan.Make([known[0]], [known[1]], CancellationToken.None);

        Assert.Equal("d/ d/g d/linked -gone new/ new/file", expected);
        Assert.Equal(expected, string.Join(' ', Names(plan, "").OrderBy(static name => name.Path, StringComparer.Ordinal).Select(static name => name.Mark)));
    }

    [Fact]
    public void A_difference_mounts_nothing_takes_no_lock_and_touches_only_what_changed()
    {
        using var directory = new TemporaryDirectory();
        using ChildProcess child = ChildProcess.Start(new ChildOptions
        {
            Trace = "open,openat,openat2,getdents64,flock,mount,fsopen,fsmount,open_tree,move_mount,umount2",
        });
        child.Do("open", directory["root"], directory["run"], "driver=" + driver);
        string lower = child.Do("layer", "base/a=1", "base/b=2", "base/deep/c=3");
        string upper = child.Do("layer", "more/d=4");
        child.Do("mark", "begin");
        child.Do("diff", "d", lower, lower + "," + upper);
        child.Do("mark", "end");
        child.Do("close");
        Recording diff = child.ExitAndRead().Between("begin", "end");

        Assert.DoesNotContain(diff.Calls, static call => call.Name.Contains("mount", StringComparison.Ordinal) || call.Name is "fsopen" or "open_tree");
        Assert.DoesNotContain(diff.Calls, static call => call.TakesExclusiveLock);
        Assert.DoesNotContain(diff.Calls, call => call.Target.Contains($"/layers/{lower}/fs", StringComparison.Ordinal));
        string[] opened = [.. diff.Calls.Where(call => call.Name.StartsWith("open", StringComparison.Ordinal) && !call.Failed
            && call.Target.Contains($"/layers/{upper}/fs", StringComparison.Ordinal)).Select(static call => call.Target)];
        Assert.All(opened, static path => Assert.True(path.EndsWith("/fs", StringComparison.Ordinal) || path.EndsWith("/more/d", StringComparison.Ordinal), path));
        Assert.DoesNotContain(diff.Calls, call => call.Name == "getdents64" && call.Arguments.Contains("/layers/", StringComparison.Ordinal));
    }

    private static IEnumerable<(string Path, string Mark)> Names(PlannedChange directory, string path) => directory.Children.SelectMany(change =>
    {
        string at = path + change.Name;
        return change.Entry is { IsDirectory: true }
            ? Names(change, at + "/").Prepend((at, at + "/"))
            : [(at, change.Entry is null ? "-" + at : at)];
    });

    private static ModelLayer Ungroup(ModelLayer layer) => layer with
    {
        Children = layer.Children.ToImmutableSortedDictionary(static pair => pair.Key, static pair => pair.Value switch
        {
            ModelLayer child => Ungroup(child),
            ModelPut put => new ModelPut(put.File with { Group = null }),
            { } change => change,
        }, StringComparer.Ordinal),
    };

    private static string Explain(int seed, IEnumerable<ModelLayer> lower, IEnumerable<ModelLayer> upper, string expected, string shown) =>
        $"seed {seed}\nlower:\n{string.Join("--\n", lower)}\nupper:\n{string.Join("--\n", upper)}\nexpected:\n{expected}\nshown:\n{shown}";

    private LayerId Publish(ModelLayer layer)
    {
        using StagedLayer staged = _store.Snapshotter.Stage();
        ModelDisk.Write(layer, staged.Directory);
        return _store.Publish(staged);
    }

    private LayerId Diff(IReadOnlyList<LayerId> lower, IReadOnlyList<LayerId> upper)
    {
        using StagedLayer staged = _store.Snapshotter.Diff(lower, upper, CancellationToken.None);
        return _store.Publish(staged);
    }

    private LayerVerdict Verify(LayerId layer) => ManifestVerification.Check(
        _store.Snapshotter.Manifests.DirectoryOf(layer), _store.Snapshotter.Manifests.Proof(layer), CancellationToken.None);

    private void Record(LayerId layer)
    {
        LayerVerdict verdict = Verify(layer);
        _store.Snapshotter.Manifests.Record(layer, verdict.Manifest, verdict.Contents);
    }
}

public sealed class OverlayDifferenceTests() : DifferenceTests("overlay");

public sealed class NativeDifferenceTests() : DifferenceTests("native");
