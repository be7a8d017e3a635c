using System.Globalization;
using Cairn.Llb;
using Cairn.Snapshotter.Layers;
using Cairn.Snapshotter.Merging;
using Cairn.Snapshotter.Tests.Support;
using Xunit;

namespace Cairn.Snapshotter.Tests.Merging;

/// <summary>Joining: besides being a merge, it touches no file.</summary>
public sealed class JoinMergeTests() : MergeContract("overlay", MergeStrategy.Join, null)
{
    [Fact]
    public void MRG_32_A_join_is_an_overlay_over_the_inputs_own_directories_and_touches_no_file()
    {
        LayerId a = Bench.Store.Layer([], "mkdir d; for i in $(seq 50); do echo $i > d/$i; done; ln d/1 d/one");
        LayerId b = Bench.Store.Layer([], "mkdir d; for i in $(seq 50 90); do echo $i > d/$i; done");
        LayerId c = Bench.Store.Layer([], "touch c");
        string before = Inodes();

        using (SnapshotView both = Bench.Snapshotter.View([a, b]))
        using (SnapshotView all = Bench.Snapshotter.View([a, b, c]))
        {
            foreach ((SnapshotView view, LayerId[] list) in ((SnapshotView, LayerId[])[])[(both, [a, b]), (all, [a, b, c])])
            {
                string mount = MountOf(view.Attach());
                Assert.Contains(" - overlay ", mount, StringComparison.Ordinal);
                Assert.Equal(
                    list.Reverse().Select(layer => "lowerdir+=" + Bench.Snapshotter.ChangesDirectory(layer)),
                    mount[(mount.LastIndexOf(' ') + 1)..].Split(',').Where(static option => option.StartsWith("lowerdir", StringComparison.Ordinal)));
            }
            Assert.Equal(before, Inodes());
        }
        using (ActiveSnapshot active = Bench.Snapshotter.Prepare([a, b, c]))
        {
            Assert.Contains("lowerdir+=" + Bench.Snapshotter.ChangesDirectory(a), MountOf(active.Attach()), StringComparison.Ordinal);
        }
        Assert.Equal(before, Inodes());
    }

    [Fact]
    public void MRG_45_Mounts_follow_no_redirects_and_layers_with_such_marks_are_refused()
    {
        LayerId a = Bench.Store.Layer([], "mkdir d; touch d/f");
        using (ActiveSnapshot active = Bench.Snapshotter.Prepare([a]))
        using (SnapshotView view = Bench.Snapshotter.View([a]))
        {
            foreach (string mount in (string[])[MountOf(active.Attach()), MountOf(view.Attach())])
            {
                Assert.Contains("redirect_dir=nofollow", mount, StringComparison.Ordinal);
                foreach (string option in (string[])["metacopy=on", "index=on", "nfs_export=on", "xino=on"])
                {
                    Assert.DoesNotContain(option, mount, StringComparison.Ordinal);
                }
            }
            Shell.Run("mv d e 2> /dev/null || cp -a d e", active.Attach());   // what mv does on EXDEV
        }
        foreach (string script in (string[])[
            "mkdir -p x/d; setfattr -n trusted.overlay.redirect -v /elsewhere x/d", "touch f; setfattr -n trusted.overlay.metacopy -v '' f"])
        {
            using StagedLayer staged = Bench.Snapshotter.Stage();
            Shell.Run(script, staged.Directory);
            var error = Assert.Throws<BuildException>(() => Bench.Store.Publish(staged));
            Assert.Contains("trusted.overlay.", error.Message, StringComparison.Ordinal);
            Assert.Contains("stand for itself", error.Message, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void MRG_51_A_layer_that_needs_another_form_gets_a_twin_and_is_not_touched(bool isMounted)
    {
        LayerId context = Bench.Store.Layer([], "mkdir d; echo x > d/f; ln d/f d/g; echo y > h");
        LayerId shared = Shared(context);
        using SnapshotView? live = isMounted ? Bench.Snapshotter.View([shared]) : null;
        string? seen = live is null ? null : Shell.Run("find . -printf '%p %i %n %C@\n' | sort", live.Attach());
        string before = Bench.Store.ShowChanges(shared);
        string inodes = Shell.Run("find . -printf '%p %i %n %C@\\n' | sort", Bench.Snapshotter.ChangesDirectory(shared));

        using SnapshotView both = Bench.Snapshotter.View([context, shared]);
        string mount = MountOf(both.Attach());
        string twin = Path.Combine(Path.GetDirectoryName(Bench.Snapshotter.ChangesDirectory(shared))!, "twin");
        Assert.Contains("lowerdir+=" + twin, mount, StringComparison.Ordinal);
        Assert.NotEqual(both.Tree.Status("/h", false)!.Inode, both.Tree.Status("/copy/h", false)!.Inode);
        Assert.Equal(both.Tree.Status("/copy/d/f", false)!.Inode, both.Tree.Status("/copy/d/g", false)!.Inode);

        Assert.Equal(before, Bench.Store.ShowChanges(shared));
        Assert.Equal(inodes, Shell.Run("find . -printf '%p %i %n %C@\\n' | sort", Bench.Snapshotter.ChangesDirectory(shared)));
        if (live is not null)
        {
            Assert.Equal(seen, Shell.Run("find . -printf '%p %i %n %C@\n' | sort", live.Attach()));
            Assert.Equal(before, TreeText.Of(live.Tree));
        }
        using Cairn.Snapshotter.Trees.RootedTree copy = Cairn.Snapshotter.Trees.RootedTree.Open(twin);
        Assert.Equal(before, TreeText.Of(copy));   // one layer, one id, two directories with the same content
    }

    private LayerId Shared(LayerId context)
    {
        using StagedLayer staged = Bench.Snapshotter.StageSubtree([context], "/", "/copy", CancellationToken.None);
        return Bench.Store.Publish(staged);
    }

    private static string MountOf(string path) =>
        File.ReadLines("/proc/self/mountinfo").Single(line => line.Contains($" {path} ", StringComparison.Ordinal));

    // Of each file of the layers: inode, links, time of its last change; and all inodes of the store but those of the index.
    private string Inodes() => string.Create(
        CultureInfo.InvariantCulture,
        $"{Shell.Run("find layers flattened -printf '%p %i %n %C@\\n' | sort", Bench.Store.Store.Root)}");
}
