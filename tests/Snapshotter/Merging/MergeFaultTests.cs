using System.Globalization;
using Cairn.Snapshotter.Layers;
using Cairn.Snapshotter.Merging;
using Cairn.Snapshotter.Native;
using Cairn.Snapshotter.Tests.Support;
using Cairn.Snapshotter.Trees;
using Cairn.Tests.Harness;
using Xunit;

namespace Cairn.Snapshotter.Tests.Merging;

/// <summary>What goes wrong while files are placed: death, full disks, files that cannot be linked.</summary>
public sealed class MergeFaultTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData("overlay", "flatten.staged:1", false)]
    [InlineData("overlay", "flatten.file:10", false)]
    [InlineData("overlay", "flatten.filled:1", false)]
    [InlineData("overlay", "flatten.rows:1", false)]
    [InlineData("overlay", "flatten.renamed:1", false)]
    [InlineData("overlay", "flatten.published:1", true)]
    [InlineData("native", "flatten.file:1", false)]
    [InlineData("native", "flatten.file:20", false)]
    public void MRG_40_Killed_in_a_merge_nothing_partial_is_visible_and_the_next_one_succeeds(string driver, string point, bool isMade)
    {
        string list;
        using (ChildProcess child = ChildProcess.Start())
        {
            child.Do("open", _directory["root"], _directory["run"], "driver=" + driver, "strategy=Hardlink");
            string a = child.Do("layer", [.. Enumerable.Range(0, 10).Select(static i => $"/d/a{i}=1")]);
            string b = child.Do("layer", [.. Enumerable.Range(0, 10).Select(static i => $"/d/b{i}=1")]);
            list = $"{a},{b}";
            child.Do("fail", point + ":kill");
            child.DoAndDie("view", "v", list);
        }
        using ChildProcess next = ChildProcess.Start();
        next.Do("open", _directory["root"], _directory["run"], "driver=" + driver, "strategy=Hardlink");
        Assert.Equal(isMade ? "1" : "0", next.Do("query", "SELECT count(*) FROM flattened"));
        string Links() => Shell.Run("find layers -type f -path '*/fs/*' -printf '%n\\n' | sort -u", _directory["root"]).Trim();
        Await.True(() => Links() == (isMade ? "2" : "1"), "what was linked into the dead merge is gone");
        next.Do("view", "v", list);
        Assert.Equal(21, next.Do("names", "v").Split(' ').Length);
        Assert.Equal("1", next.Do("query", "SELECT count(*) FROM flattened"));
        next.Do("dispose", "v");
        next.Do("close");
        next.Exit();
        Assert.Empty(Directory.GetFileSystemEntries(_directory["root/staging"]));
    }

    [Fact]
    public void MRG_41_A_file_that_cannot_be_linked_is_copied_alone_and_counted()
    {
        using LoopFilesystem filesystem = LoopFilesystem.Make("ext4", 128, ["-N", "4096"], "noatime");
        using var store = new TestStore("native", MergeStrategy.Hardlink, filesystem.Path);
        LayerId a = store.Layer([], "echo full > full; echo group > g1; ln g1 g2; echo fixed > fixed; echo plain > plain; touch -d @5 full g1");
        LayerId b = store.Layer([], "touch other");
        string layer = store.Snapshotter.ChangesDirectory(a);
        string links = Directory.CreateDirectory(Path.Combine(filesystem.Path, "links")).FullName;
        Fill(Path.Combine(layer, "full"), Path.Combine(links, "f"), 65_000);   // all that ext4 gives
        Fill(Path.Combine(layer, "g1"), Path.Combine(links, "g"), 64_999);     // one more name can be had, and two are needed
        Shell.Run("chattr +i fixed", layer);
        try
        {
            using SnapshotView view = store.Snapshotter.View([a, b]);
            Assert.Equal(store.ShowChanges(a), TreeText.Of(view.Tree).Replace(TreeText.Of(view.Tree).Split('\n').Single(static line => line.StartsWith("/other ", StringComparison.Ordinal)) + "\n", "", StringComparison.Ordinal));
            Assert.Equal(Own(layer, "plain"), view.Tree.Status("/plain", false)!.Inode);
            foreach (string name in (string[])["full", "g1", "fixed"])
            {
                Assert.NotEqual(Own(layer, name), view.Tree.Status("/" + name, false)!.Inode);
            }
            Assert.Equal(view.Tree.Status("/g1", false)!.Inode, view.Tree.Status("/g2", false)!.Inode);
            IReadOnlyDictionary<Fallback, long> counts = store.Snapshotter.Fallbacks;
            Assert.Equal(2, counts[new Fallback(MergeStrategy.Hardlink, Errno.EMLINK)]);
            Assert.Equal(1, counts[new Fallback(MergeStrategy.Hardlink, Errno.EPERM)]);
            Assert.Equal(1, counts[new Fallback(MergeStrategy.Reflink, Errno.EOPNOTSUPP)]);   // once for a layer, then it is known
        }
        finally
        {
            Shell.Run("chattr -i fixed", layer);
        }
    }

    [Theory]
    [InlineData(MergeStrategy.Hardlink)]
    [InlineData(MergeStrategy.Reflink)]
    public void MRG_41_Layers_on_another_filesystem_are_copied(MergeStrategy strategy)
    {
        using LoopFilesystem filesystem = LoopFilesystem.Make("ext4", 32, null, "noatime");
        string here = Directory.CreateDirectory(_directory["here"]).FullName;
        string there = Directory.CreateDirectory(Path.Combine(filesystem.Path, "there")).FullName;
        string target = Directory.CreateDirectory(_directory["target"]).FullName;
        Shell.Run("mkdir d; echo here > d/here; echo both > d/both", here);
        Shell.Run("mkdir d; echo there > d/there; echo above > d/both; ln d/there d/again; setfattr -n user.x -v y d/there; touch -d @9 d/there", there);
        var counts = new FallbackCounts();
        Flattening.Run([there, here], target, strategy, counts, CancellationToken.None);
        Assert.Equal("above\nthere\nhere\nthere", Shell.Run("cat d/both d/again d/here d/there", target).Trim());
        Assert.Equal("9 2", Shell.Run("stat -c '%Y %h' d/there", target).Trim());
        Assert.Contains(counts.Now.Keys, reason => reason == new Fallback(strategy, Errno.EXDEV));
        Assert.Equal(strategy == MergeStrategy.Hardlink, Own(here, "d/here") == Own(target, "d/here"));
    }

    // What a security module or a filter of system calls would do: the kernel's answer is replaced before the process has it.
    [Theory]
    [InlineData("EACCES", 1)]       // of this file
    [InlineData("EPERM", 1)]
    [InlineData("EMLINK", 1)]
    [InlineData("EOPNOTSUPP", 9)]   // of this and every further file of the layer, which are not tried
    [InlineData("ENOSYS", 9)]
    public void MRG_41_A_refused_link_is_a_copy(string error, int copies)
    {
        const int Files = 10;
        var options = new ChildOptions
        {
            Under = ["strace", "-f", "-qq", "-o", "/dev/null", "-e", "trace=linkat", "-e", $"inject=linkat:error={error}:when=3"],   // the first is the trial at the opening
        };
        using ChildProcess child = ChildProcess.Start(options);
        child.Do("open", _directory["root"], _directory["run"], "driver=native", "strategy=Hardlink");
        string a = child.Do("layer", [.. Enumerable.Range(0, Files).Select(static i => $"/a{i}=content {i}")]);
        child.Do("view", "v", a);
        Assert.Equal(Files, child.Do("names", "v").Split(' ').Length);
        for (int i = 0; i < Files; i++)
        {
            Assert.Equal($"content {i}", child.Do("read", "v", $"/a{i}"));
        }
        int links = int.Parse(Shell.Run($"find '{_directory[$"root/layers/{a}/fs"]}' -type f -links 2 | wc -l"), CultureInfo.InvariantCulture);
        Assert.Equal(copies, Files - links);
        string counts = child.Do("fallbacks");
        Assert.Contains($"Hardlink {(int)typeof(Errno).GetField(error)!.GetRawConstantValue()!} 1", counts, StringComparison.Ordinal);   // counted once
        child.Do("dispose", "v");
        child.Do("close");
        child.Exit();
    }

    [Fact]
    public void MRG_42_A_full_disk_is_an_error_and_leaves_nothing()
    {
        using LoopFilesystem filesystem = LoopFilesystem.Make("ext4", 48, null, "noatime");
        using var store = new TestStore("native", MergeStrategy.Copy, filesystem.Path);
        LayerId small = store.Layer([], "echo x > x");
        LayerId big;
        using (StagedLayer staged = store.Snapshotter.Stage())
        {
            Shell.Run("for i in $(seq 25); do head -c 1000000 /dev/urandom > $i; done", staged.Directory);
            big = store.Publish(staged);
        }
        var error = Assert.Throws<NativeException>(() => store.Snapshotter.View([small, big]));
        Assert.Equal(Errno.ENOSPC, error.Errno);
        Assert.Contains("prune", error.Remedy, StringComparison.Ordinal);
        Await.True(() => Directory.GetFileSystemEntries(Path.Combine(store.Store.Root, "staging")).Length == 0
            && Directory.GetFileSystemEntries(Path.Combine(store.Store.Root, "trash")).Length == 0, "nothing is left");
        Assert.Contains("/x Regular", store.Show(small), StringComparison.Ordinal);
    }

    [Fact]
    public void MRG_42_A_failing_disk_is_an_error_and_leaves_nothing()
    {
        using ChildProcess child = ChildProcess.Start();
        child.Do("open", _directory["root"], _directory["run"], "driver=overlay", "strategy=Hardlink");
        string a = child.Do("layer", [.. Enumerable.Range(0, 400).Select(static i => string.Create(CultureInfo.InvariantCulture, $"/d{i % 20}/a{i}=1"))]);
        string b = child.Do("layer", "/d/b=1");
        child.Do("fail", "flatten.file:300:error=5");
        Assert.Equal("NativeException", Assert.Throws<ChildException>(() => child.Do("view", "v", $"{a},{b}")).Kind);
        child.Do("fail", "");
        child.Do("empty-trash");
        Assert.Empty(Directory.GetFileSystemEntries(_directory["root/staging"]));
        Assert.Equal("0", child.Do("query", "SELECT count(*) FROM flattened"));
        child.Do("view", "v", $"{a},{b}");
        child.Do("dispose", "v");
        child.Do("close");
        child.Exit();
    }

    // The filesystem itself fails every call from some moment on, as it does when its disk is gone.
    [Theory]
    [InlineData("Hardlink")]
    [InlineData("Copy")]
    public void MRG_42_A_disk_that_is_gone_is_an_error_and_leaves_nothing_but_what_is_reclaimed(string strategy)
    {
        using LoopFilesystem disk = LoopFilesystem.Make("ext4", 64, null, "noatime");
        string go = _directory["go"];
        string root = Path.Combine(disk.Path, "root");
        string a;
        string b;
        using (ChildProcess child = ChildProcess.Start())
        {
            child.Do("open", root, _directory["run"], "driver=native", "strategy=" + strategy);
            a = child.Do("layer", [.. Enumerable.Range(0, 400).Select(static i => string.Create(CultureInfo.InvariantCulture, $"/d{i % 20}/a{i}=1"))]);
            b = child.Do("layer", "/d/b=1");
            child.Do("seal");
            child.Do("fail", $"flatten.file:200:pause-until={go}");
            child.Send("view", "v", $"{a},{b}");
            Await.File(go + ".reached");
            Assert.True(Durability.PowerCut.TryCut(disk.Path));
            File.WriteAllText(go, "");
            ChildException error = Assert.Throws<ChildException>(child.Answer);
            Assert.Equal("NativeException", error.Kind);
            Assert.Contains("nput/output error", error.Message, StringComparison.Ordinal);
            child.Kill();
        }
        disk.Unmount();
        Await.True(() => Shell.Run($"losetup -j '{disk.Image}'").Length == 0, "the disk is let go");
        disk.Mount();
        using ChildProcess next = ChildProcess.Start();
        next.Do("open", root, _directory["run"], "driver=native", "strategy=" + strategy);
        next.Do("empty-trash");
        Assert.Empty(Directory.GetFileSystemEntries(Path.Combine(root, "staging")));
        Assert.Equal("0", next.Do("query", "SELECT count(*) FROM flattened"));
        next.Do("view", "v", $"{a},{b}");
        Assert.Equal(422, next.Do("names", "v").Split(' ').Length);
        next.Do("dispose", "v");
        next.Do("close");
        next.Exit();
    }

    [Fact]
    public void MRG_50_Stopped_at_every_step_of_the_canonical_form()
    {
        const string Base = "mkdir -p d/sub/deep e; touch d/a d/b d/sub/old d/sub/deep/x e/same f; touch -d @5 e/same e";
        const string Step = "rm -r d; mkdir -p d/sub/deep; touch d/new d/sub/new; mv e/same g; mv g e/same; touch -d @5 e; rm f; echo z > z";
        string[] points = ["canonical.edit", "canonical.mark", "canonical.opaque"];
        using ChildProcess child = ChildProcess.Start();
        child.Do("open", _directory["root"], _directory["run"], "driver=overlay");
        string @base = Layer(child, "", Base);
        string expected = Changes(Layer(child, @base, Step), times: false);

        // A failure: the next attempt begins with the same changes and ends with the same layer.
        int steps = 0;
        Dictionary<string, int> hits = [];
        foreach (string point in points)
        {
            for (int n = 1; ; n++)
            {
                child.Do("prepare", "step", @base);
                child.Do("run-in", "step", Step);
                child.Do("fail", $"{point}:{n}:error=EIO");
                bool failed = false;
                try
                {
                    child.Do("try-freeze", "step", "staged");
                }
                catch (ChildException e) when (e.Kind == "NativeException")
                {
                    failed = true;
                    child.Do("fail", "");
                    child.Do("try-freeze", "step", "staged");
                }
                child.Do("fail", "");
                Assert.Equal(expected, Changes(child.Do("publish", "staged"), times: false));
                if (!failed)
                {
                    break;
                }
                hits[point] = n;
                steps++;
            }
        }
        Assert.InRange(steps, 6, 100);
        string visible = child.Do("query", "SELECT count(*) FROM layers");
        child.Do("close");
        child.Exit();

        // A death at the first, the last and any step of each kind: nothing of it is visible, and what is left is reclaimed.
        Random random = Soak.Random();
        (string Point, int At)[] places = [.. hits.SelectMany(hit => Soak.IsOn
            ? Enumerable.Range(1, hit.Value).Select(n => (hit.Key, n))
            : new[] { 1, random.Next(1, hit.Value + 1), hit.Value }.Distinct().Select(n => (hit.Key, n)))];
        foreach ((string point, int at) in places)
        {
            using ChildProcess victim = ChildProcess.Start();
            victim.Do("open", _directory["root"], _directory["run"], "driver=overlay");
            Assert.Equal(visible, victim.Do("query", "SELECT count(*) FROM layers"));
            Await.True(() => Directory.GetFileSystemEntries(_directory["root/staging"]).Length == 0, "what the dead have left is gone");
            victim.Do("prepare", "step", @base);
            victim.Do("run-in", "step", Step);
            victim.Do("fail", $"{point}:{at}:kill");
            victim.DoAndDie("freeze", "step", "staged");
        }
        Soak.Note("kill -9 at steps of the canonical form", places.Length, 0);
        using ChildProcess last = ChildProcess.Start();
        last.Do("open", _directory["root"], _directory["run"], "driver=overlay");
        Assert.Equal(visible, last.Do("query", "SELECT count(*) FROM layers"));
        Assert.Equal(expected, Changes(Layer(last, @base, Step), times: false));
        last.Do("close");
        last.Exit();
    }

    private static string Layer(ChildProcess child, string below, string script)
    {
        child.Do("prepare", "made", below);
        child.Do("run-in", "made", script);
        child.Do("freeze", "made", "staged");
        return child.Do("publish", "staged");
    }

    private string Changes(string layer, bool times)
    {
        using RootedTree tree = RootedTree.Open(_directory[$"root/layers/{layer}/fs"]);
        string marks = Shell.Run($"getfattr -R -h -m overlay.opaque '{_directory[$"root/layers/{layer}/fs"]}' 2> /dev/null");
        return TreeText.Names(tree) + marks + times;
    }

    private static void Fill(string file, string prefix, int links)
    {
        for (uint i = Files.Status(Files.Anywhere, file).LinkCount; i < links; i++)
        {
            Files.Link(Files.Anywhere, file, Files.Anywhere, string.Create(CultureInfo.InvariantCulture, $"{prefix}{i}"));
        }
    }

    private static ulong Own(string directory, string name) => Files.Status(Files.Anywhere, Path.Combine(directory, name)).Inode;
}
