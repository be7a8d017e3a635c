using Cairn.Llb;
using Cairn.Snapshotter.Layers;
using Cairn.Snapshotter.Tars;
using Cairn.Snapshotter.Tests.Support;
using Cairn.Snapshotter.Trees;
using Xunit;

namespace Cairn.Snapshotter.Tests.Tars;

public sealed class LayerTarTests : IDisposable
{
    private const string Everything = """
        mkdir -p dir/sub 'name with spaces' deep
        echo hello > dir/file; chmod 4755 dir/file; chown 1000:2000 dir/file; touch -d '2001-02-03 04:05:06.123456789' dir/file
        touch -d '1960-01-01' old; touch -d '2200-05-05' late; chown 3000000:4294967294 late
        ln dir/file dir/hard; ln -s ../target dir/link; ln -s /absolute dir/sub/abs
        ln -s "$(printf 'y%.0s' {1..300})" longlink
        mkfifo dir/pipe; mknod dir/null c 1 3; mknod dir/disk b 259 70000; chmod 600 dir/null
        setfattr -n user.note -v hello dir/file; setfattr -n user.dir -v 0x00ff0a3d00 dir; setfattr -n 'user.a=b%c' -v x dir/sub
        setfattr -h -n trusted.mine -v 1 dir/link
        touch "$(printf 'n%.0s' {1..255})" "$(printf 'bad\xff\xfename')" 'ünïcödé' "$(printf 'new\nline')"
        mkdir -p "deep/$(printf 'p%.0s' {1..200})/$(printf 'q%.0s' {1..200})"; touch "deep/$(printf 'p%.0s' {1..200})/$(printf 'q%.0s' {1..200})/leaf"
        mkdir -p "deep/$(printf 'z%.0s' {1..90})"; touch "deep/$(printf 'z%.0s' {1..90})/$(printf 'w%.0s' {1..60})"
        truncate -s 80M sparse; echo data | dd of=sparse bs=1 seek=50000000 conv=notrunc status=none
        head -c 3000000 /dev/urandom > big
        chmod 1777 dir/sub; touch -d '2010-01-01 00:00:00.5' dir/sub dir deep
        """;

    private readonly TestStore _store = new("overlay");

    public void Dispose() => _store.Dispose();

    [Fact]
    public void What_is_written_and_unpacked_again_is_the_same_layer()
    {
        LayerId layer = _store.Layer([], Everything);
        LayerId copy = Apply(Tar(layer), []);

        Assert.Equal(_store.ShowChanges(layer), _store.ShowChanges(copy));
        Assert.InRange(_store.Snapshotter.Usage(copy).Bytes, 3_000_000, 6_000_000);   // the hole stayed a hole
    }

    [Fact]
    public void Deletions_survive_the_way_through_an_archive()
    {
        LayerId below = _store.Layer([], "mkdir -p d/e gone; touch d/e/x d/y gone/z f");
        LayerId layer = _store.Layer([below], "rm -r d gone f; mkdir -p d/e; touch d/e/new");
        LayerId copy = Apply(Tar(layer), [below]);

        Assert.Equal(_store.ShowChanges(layer), _store.ShowChanges(copy));
        Assert.Equal(_store.Show(below, layer), _store.Show(below, copy));
        Assert.Equal(_store.Show(layer), _store.Show(copy));
    }

    [Fact]
    public void Gnu_tar_unpacks_what_is_written()
    {
        LayerId layer = _store.Layer([], Everything);
        using var directory = new TemporaryDirectory();
        File.WriteAllBytes(directory["l.tar"], Tar(layer));
        Shell.Run("mkdir out; tar --xattrs --xattrs-include='*' --same-owner -xpf l.tar -C out; tar -tvf l.tar > list", directory.Path);

        using RootedTree unpacked = RootedTree.Open(directory["out"]);
        using RootedTree changes = RootedTree.Open(_store.Snapshotter.ChangesDirectory(layer));
        Assert.Equal(TreeText.Of(changes), TreeText.Of(unpacked));
    }

    [Theory]
    [InlineData("--format=gnu -S")]
    [InlineData("--format=pax --sparse-version=0.0 -S --xattrs --xattrs-include='*'")]
    [InlineData("--format=pax --sparse-version=0.1 -S --xattrs --xattrs-include='*'")]
    [InlineData("--format=pax --sparse-version=1.0 -S --xattrs --xattrs-include='*'")]
    public void What_gnu_tar_writes_is_unpacked_as_it_was(string options)
    {
        using var directory = new TemporaryDirectory();
        string script = Everything;
        if (options.Contains("gnu", StringComparison.Ordinal))
        {
            // GNU headers have whole seconds and no attributes.
            script = string.Join('\n', script.Split('\n').Where(static line => !line.Contains("setfattr", StringComparison.Ordinal)))
                .Replace(".123456789", "", StringComparison.Ordinal) + "\nfind . -exec touch -h -d @1234567 {} +";
        }
        Shell.Run("mkdir in; cd in\n" + script + "\ncd ..; tar --sort=name " + options + " -cf l.tar -C in .", directory.Path);
        using FileStream tar = File.OpenRead(directory["l.tar"]);
        LayerId layer = Apply(tar, []);

        using RootedTree original = RootedTree.Open(directory["in"]);
        Assert.Equal(TreeText.Of(original), _store.ShowChanges(layer));
    }

    [Fact]
    public void The_bytes_do_not_depend_on_how_the_layer_came_to_be()
    {
        LayerId one = _store.Layer([], "for i in $(seq 300); do echo $i > f$i; done; mkdir d; ln f1 d/z; find . -exec touch -d @77 {} +");
        LayerId two = _store.Layer([], "umask 0; mkdir -m 755 d; for i in $(seq 300 -1 2); do echo $i > f$i; chmod 644 f$i; done; echo 1 > d/z; "
            + "chmod 644 d/z; ln d/z f1; find . -exec touch -d @77 {} +");
        Assert.Equal(Tar(one), Tar(two));
    }

    [Fact]
    public void Times_later_than_the_clamp_are_set_to_it_and_earlier_ones_kept()
    {
        LayerId layer = _store.Layer([], "touch -d @50.5 early; touch -d @5000.5 late; touch -d @90 .");
        var tar = new MemoryStream();
        LayerTarWriter.Write(
            _store.Snapshotter.ChangesDirectory(layer), tar, new LayerTarOptions { ClampSeconds = 100 }, CancellationToken.None);
        string shown = _store.ShowChanges(Apply(tar.ToArray(), []));
        Assert.Contains("/early Regular 644 0:0 50500000000", shown, StringComparison.Ordinal);
        Assert.Contains("/late Regular 644 0:0 100000000000", shown, StringComparison.Ordinal);
    }

    [Fact]
    public void An_opaque_mark_hides_the_layers_below_and_is_written_again()
    {
        LayerId below = _store.Layer([], "mkdir -p d/e; touch d/old d/e/old");
        byte[] tar = GnuTar("mkdir d; touch d/.wh..wh..opq d/new");
        LayerId layer = Apply(tar, [below]);

        using SnapshotView view = _store.Snapshotter.View([below, layer]);
        Assert.Equal("d/ d/new", TreeText.Names(view.Tree));
        Assert.Contains("d/.wh..wh..opq", Listing(Tar(layer)), StringComparison.Ordinal);
    }

    [Fact]
    public void A_whiteout_and_a_new_entry_of_the_same_name_replace_what_is_below()
    {
        LayerId below = _store.Layer([], "mkdir -p d f; touch d/old f/old");
        foreach (string order in (string[])["d/.wh.x d .wh.d f .wh.f", ".wh.f .wh.d f d"])
        {
            LayerId layer = Apply(GnuTar("mkdir d; touch d/new d/.wh.x .wh.d .wh.f; echo file > f", "--no-recursion " + order + " d/new"), [below]);
            using SnapshotView view = _store.Snapshotter.View([below, layer]);
            Assert.Equal("d/ d/new f", TreeText.Names(view.Tree));
        }
    }

    [Fact]
    public void A_member_named_twice_is_the_last_one()
    {
        using var directory = new TemporaryDirectory();
        Shell.Run("echo one > f; mkdir d; touch d/x; tar -cf t.tar f d; rm -r d f; echo two > f; echo file > d; tar -rf t.tar f d", directory.Path);
        LayerId layer = Apply(File.ReadAllBytes(directory["t.tar"]), []);
        using SnapshotView view = _store.Snapshotter.View([layer]);
        Assert.Equal("d f", TreeText.Names(view.Tree));
        Assert.Equal("two\n"u8.ToArray(), view.Tree.TryReadFile("/f", 10));
    }

    [Fact]
    public void A_hard_link_to_a_file_of_a_lower_layer_has_its_content()
    {
        LayerId below = _store.Layer([], "mkdir d; echo content > d/f; chmod 640 d/f");
        using var directory = new TemporaryDirectory();
        Shell.Run("mkdir d; echo content > d/f; ln d/f g; tar -cf t.tar d/f g; tar --delete -f t.tar d/f", directory.Path);
        LayerId layer = Apply(File.ReadAllBytes(directory["t.tar"]), [below]);
        using SnapshotView view = _store.Snapshotter.View([below, layer]);
        Assert.Equal("content\n"u8.ToArray(), view.Tree.TryReadFile("/g", 100));
        Assert.Equal(0x1a0u, view.Tree.Status("/g", followLinks: false)!.Mode);
    }

    [Fact]
    public void A_directory_that_the_archive_does_not_describe_repeats_the_one_below()
    {
        LayerId below = _store.Layer([], "mkdir -p a/b; chmod 700 a; chown 5:6 a/b; touch -d @99 a/b a");
        byte[] tar = GnuTar("mkdir -p a/b n/m; touch a/b/f n/m/g", "a/b/f n/m/g");
        LayerId layer = Apply(tar, [below]);
        string shown = _store.Show(below, layer);
        Assert.Contains("/a Directory 700 0:0 99000000000", shown, StringComparison.Ordinal);
        Assert.Contains("/a/b Directory 755 5:6 99000000000", shown, StringComparison.Ordinal);
        Assert.Contains("/n/m Directory 755 0:0 0", shown, StringComparison.Ordinal);
    }

    [Fact]
    public void The_layers_below_are_not_asked_for_when_nothing_refers_to_them()
    {
        using StagedLayer staged = _store.Snapshotter.Stage();
        byte[] tar = GnuTar("mkdir d; touch d/f; ln d/f d/g; ln -s f d/s");
        LayerTarReader.Apply(
            new MemoryStream(tar), staged, () => throw new InvalidOperationException("asked"), _store.Snapshotter, CancellationToken.None);
        Assert.Equal("d/ d/f d/g d/s", TreeText.Names(staged.Tree));
    }

    [Fact]
    public void Nothing_in_an_archive_can_leave_the_layer()
    {
        using var outside = new TemporaryDirectory();
        File.WriteAllText(outside["secret"], "untouched");
        using var directory = new TemporaryDirectory();
        Shell.Run(
            $"ln -s {outside.Path} escape; ln -s ../../../../../../../../{outside.Path} up; tar -cf t.tar escape up; rm escape up; mkdir escape up; "
            + "echo bad > escape/secret; echo bad > up/new; tar -rf t.tar --no-recursion escape/secret up/new; "
            + $"mkdir -p x; echo bad > evil; tar -rf t.tar -P --transform 's,evil,../../../../../../../../{outside.Path}/evil,' evil; "
            + $"tar -rf t.tar -P --transform 's,evil,{outside.Path}/evil2,' evil",
            directory.Path);
        using StagedLayer staged = _store.Snapshotter.Stage();
        try
        {
            LayerTarReader.Apply(
                new MemoryStream(File.ReadAllBytes(directory["t.tar"])), staged, [], _store.Snapshotter, CancellationToken.None);
        }
        catch (BuildException)
        {
            // Refusing such an archive is as good as keeping it inside.
        }
        Assert.Equal("untouched", File.ReadAllText(outside["secret"]));
        Assert.Equal(["secret"], Directory.GetFileSystemEntries(outside.Path).Select(Path.GetFileName));
    }

    [Fact]
    public void Marks_of_overlayfs_in_an_archive_are_not_believed()
    {
        using var directory = new TemporaryDirectory();
        Shell.Run(
            "mkdir d; setfattr -n trusted.overlay.redirect -v /etc d; setfattr -n trusted.overlay.opaque -v y d; "
            + "tar --xattrs --xattrs-include='*' --format=pax -cf t.tar d", directory.Path);
        LayerId layer = Apply(File.ReadAllBytes(directory["t.tar"]), []);
        string attributes = Shell.Run($"getfattr -d -h -m - '{_store.Snapshotter.ChangesDirectory(layer)}/d'");
        Assert.DoesNotContain("overlay", attributes, StringComparison.Ordinal);
    }

    [Fact]
    public void A_damaged_archive_is_an_error_that_says_so()
    {
        byte[] tar = GnuTar("head -c 100000 /dev/zero > f");
        using StagedLayer staged = _store.Snapshotter.Stage();
        var cut = Assert.Throws<BuildException>(() => LayerTarReader.Apply(
            new MemoryStream(tar[..5000]), staged, [], _store.Snapshotter, CancellationToken.None));
        Assert.Contains("ends in the middle of ./f", cut.Message, StringComparison.Ordinal);
        tar[600] ^= 1;   // inside the second header
        var flipped = Assert.Throws<BuildException>(() => LayerTarReader.Apply(
            new MemoryStream(tar), staged, [], _store.Snapshotter, CancellationToken.None));
        Assert.Contains("checksum", flipped.Message, StringComparison.Ordinal);
        Assert.Equal(ErrorKind.Input, flipped.Kind);
    }

    [Fact]
    public void A_whole_tree_is_written_without_marks()
    {
        LayerId below = _store.Layer([], "mkdir d; touch d/a d/b; ln d/b c");
        LayerId layer = _store.Layer([below], "rm d/a; touch e");
        using SnapshotView view = _store.Snapshotter.View([below, layer]);
        var tar = new MemoryStream();
        TreeTarWriter.Write(view.Tree, "linux_amd64", tar, LayerTarOptions.Default, CancellationToken.None);
        Assert.Equal(
            "linux_amd64/\nlinux_amd64/c\nlinux_amd64/d/\nlinux_amd64/d/b\nlinux_amd64/e\n", Listing(tar.ToArray()));
    }

    private byte[] Tar(LayerId layer)
    {
        var tar = new MemoryStream();
        LayerTarWriter.Write(_store.Snapshotter.ChangesDirectory(layer), tar, LayerTarOptions.Default, CancellationToken.None);
        return tar.ToArray();
    }

    private LayerId Apply(byte[] tar, IReadOnlyList<LayerId> parents) => Apply(new MemoryStream(tar), parents);

    private LayerId Apply(Stream tar, IReadOnlyList<LayerId> parents)
    {
        using StagedLayer staged = _store.Snapshotter.Stage();
        LayerTarReader.Apply(tar, staged, parents, _store.Snapshotter, CancellationToken.None);
        return _store.Publish(staged);
    }

    private static byte[] GnuTar(string script, string members = ".")
    {
        using var directory = new TemporaryDirectory();
        Shell.Run($"mkdir in; cd in\n{script}\ntar --sort=name -cf ../t.tar {members}", directory.Path);
        return File.ReadAllBytes(directory["t.tar"]);
    }

    private static string Listing(byte[] tar)
    {
        using var directory = new TemporaryDirectory();
        File.WriteAllBytes(directory["t.tar"], tar);
        return Shell.Run("tar -tf t.tar", directory.Path);
    }
}
