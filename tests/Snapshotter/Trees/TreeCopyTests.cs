using Cairn.Llb;
using Cairn.Snapshotter.Layers;
using Cairn.Snapshotter.Tests.Support;
using Cairn.Snapshotter.Trees;
using Xunit;

namespace Cairn.Snapshotter.Tests.Trees;

public sealed class TreeCopyTests : IDisposable
{
    private static readonly TreeCopyOptions Create = new() { CreateDestinationPath = true };

    private readonly TemporaryDirectory _directory = new();

    public TreeCopyTests()
    {
        Directory.CreateDirectory(_directory["src"]);
        Directory.CreateDirectory(_directory["dst"]);
        Shell.Run(
            """
            mkdir -p d/sub d/.git; echo a > d/a; echo b > d/sub/b; echo g > d/.git/config; ln -s a d/link; ln d/a d/sub/hard; mkfifo d/pipe
            chown 5:6 d/a; chmod 640 d/a; chmod 750 d/sub; setfattr -n user.x -v y d/a; touch -d @1000.25 d/a; touch -d @2000 d/sub d
            echo one > one; echo two > two; ln -s d linked; ln -s /one dangling-here; chmod u+s one
            """,
            _directory["src"]);
    }

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData("/one", "/new/file", "new/ new/file")]
    [InlineData("/one", "/new/", "new/ new/one")]
    [InlineData("/one", "/", "one")]
    [InlineData("/d/sub", "/x", "x/ x/b x/hard")]
    [InlineData("/d/sub", "/x/", "x/ x/sub/ x/sub/b x/sub/hard")]
    [InlineData("/d/link", "/l", "l")]
    public void A_source_goes_where_the_destination_says(string source, string destination, string expected)
    {
        Copy(source, destination, Create);
        Assert.Equal(expected, Names());
    }

    [Fact]
    public void Contents_of_a_directory_are_merged_with_all_that_belongs_to_them()
    {
        Shell.Run("mkdir -p t/sub; touch t/kept t/sub/kept; chmod 711 t; chown 9:9 t; chmod 700 t/sub", _directory["dst"]);
        Copy("/d", "/t", Create with { DirectoryContents = true });

        Assert.Equal("t/ t/.git/ t/.git/config t/a t/kept t/link t/pipe t/sub/ t/sub/b t/sub/hard t/sub/kept", Names());
        string text = Text();
        Assert.Contains("/t Directory 711 9:9 2000000000000", text, StringComparison.Ordinal);   // the top keeps all but its times
        Assert.Contains("/t/sub Directory 750 0:0 2000000000000", text, StringComparison.Ordinal);
        Assert.Contains("/t/a Regular 640 5:6 1000250000000", text, StringComparison.Ordinal);
        Assert.Contains("user.x=79", text, StringComparison.Ordinal);
        Assert.Contains("= /t/a\n", text, StringComparison.Ordinal);
        Assert.Contains("/t/link Symlink 777 0:0", text, StringComparison.Ordinal);
        Assert.Contains("/t/pipe Fifo", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Owner_mode_and_timestamp_override_the_sources()
    {
        Copy("/d", "/p/q/", Create with { Owner = new FileOwner(7, 8), Mode = 0x1a0, Timestamp = 123_000_000_000 });
        Assert.All(Text().Split('\n', StringSplitOptions.RemoveEmptyEntries), line =>
            Assert.Matches(@"^/\S+ (Symlink 777|\w+ 640) 7:8 123000000000\b", line));
    }

    [Theory]
    [InlineData("u=rwX,go=rX", "644", "755")]
    [InlineData("+x", "751", "751")]
    [InlineData("go-rwx,u+s", "4600", "4700")]
    [InlineData("g=u,o=", "660", "770")]
    [InlineData("0701", "701", "701")]
    public void A_symbolic_mode_changes_the_sources_mode(string mode, string file, string directory)
    {
        Copy("/d", "/", Create with { ModeText = mode });
        Assert.Contains($"/d/a Regular {file} ", Text(), StringComparison.Ordinal);
        Assert.Contains($"/d/sub Directory {directory} ", Text(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_setuid_bit_survives_a_change_of_owner()
    {
        Copy("/one", "/one", Create with { Owner = new FileOwner(3, 3) });
        Assert.Contains("/one Regular 4644 3:3", Text(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/*", "d/ d/.git/ d/.git/config d/a d/link d/pipe d/sub/ d/sub/b d/sub/hard dangling-here linked one two")]
    [InlineData("/[ot]*", "one two")]
    [InlineData("/d/*/b", "b")]
    [InlineData("/d/s*", "sub/ sub/b sub/hard")]
    public void Wildcards_take_what_matches(string pattern, string expected)
    {
        Copy(pattern, "/", Create with { AllowWildcard = true });
        Assert.Equal(expected, Names());
    }

    [Fact]
    public void A_wildcard_without_a_match_is_an_error_unless_allowed()
    {
        var error = Assert.Throws<BuildException>(() => Copy("/none*", "/", Create with { AllowWildcard = true }));
        Assert.Equal("/none* not found", error.Message);
        Copy("/none*", "/", Create with { AllowWildcard = true, AllowEmptyWildcard = true });
    }

    [Fact]
    public void A_missing_source_is_named()
    {
        var error = Assert.Throws<BuildException>(() => Copy("/d/missing", "/", Create));
        Assert.Equal("lstat /d/missing: no such file or directory", error.Message);
        Assert.Equal(ErrorKind.Input, error.Kind);
    }

    [Fact]
    public void A_missing_parent_of_the_destination_is_an_error_without_permission_to_make_it()
    {
        var error = Assert.Throws<BuildException>(() => Copy("/one", "/no/such/file", new TreeCopyOptions()));
        Assert.Contains("failed to stat /no/such", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Include_and_exclude_patterns_decide_and_parents_come_only_with_content()
    {
        Copy("/", "/", Create with { DirectoryContents = true, Include = ["d/sub/b", "one"] });
        Assert.Equal("d/ d/sub/ d/sub/b one", Names());
        Assert.Contains("/d/sub Directory 750 0:0 2000000000000", Text(), StringComparison.Ordinal);
        Shell.Run("rm -r *", _directory["dst"]);
        Copy("/", "/", Create with { DirectoryContents = true, Exclude = ["**/.git", "d/s*", "!d/sub/b", "linked", "dang*"] });
        Assert.Equal("d/ d/a d/link d/pipe d/sub/ d/sub/b one two", Names());
    }

    [Fact]
    public void A_file_does_not_replace_a_directory_unless_told_to()
    {
        Shell.Run("mkdir -p d/a/x; touch d/sub", _directory["dst"]);
        var file = Assert.Throws<BuildException>(() => Copy("/d/a", "/d/", Create));
        Assert.Contains("cannot replace to directory /d/a with file", file.Message, StringComparison.Ordinal);
        var directory = Assert.Throws<BuildException>(() => Copy("/d/sub", "/d/", Create));
        Assert.Contains("cannot copy to non-directory: /d/sub", directory.Message, StringComparison.Ordinal);
        Copy("/d", "/", Create with { AlwaysReplace = true });
        Assert.Equal("d/ d/.git/ d/.git/config d/a d/link d/pipe d/sub/ d/sub/b d/sub/hard", Names());
    }

    [Fact]
    public void Links_in_the_destination_are_followed_inside_the_tree_only()
    {
        Shell.Run("mkdir real; ln -s /real link; ln -s ../../../../../../etc up; mkdir etc", _directory["dst"]);
        Copy("/one", "/link/", Create);
        Copy("/two", "/up/passwd", Create);
        Assert.Equal("etc/ etc/passwd link real/ real/one up", Names());
    }

    [Fact]
    public void A_source_link_is_followed_only_when_asked()
    {
        Copy("/linked", "/a", Create);
        Copy("/linked", "/b", Create with { FollowSymlink = true });
        Assert.StartsWith("a b/ b/.git/", Names(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("cat", true)]
    [InlineData("gzip", true)]
    [InlineData("bzip2", true)]
    [InlineData("xz", true)]
    [InlineData("zstd", true)]
    [InlineData("gzip", false)]
    public void An_archive_is_unpacked_when_asked(string compressor, bool unpack)
    {
        Shell.Run($"tar -cf - d/a d/sub | {compressor} > archive", _directory["src"]);
        Copy("/archive", "/x/", Create with { UnpackArchives = unpack, Owner = new FileOwner(4, 4) });
        Copy("/one", "/x/", Create with { UnpackArchives = unpack });
        Assert.Equal(unpack ? "x/ x/d/ x/d/a x/d/sub/ x/d/sub/b x/d/sub/hard x/one" : "x/ x/archive x/one", Names());
        if (unpack)
        {
            Assert.Contains("/x/d/a Regular 640 4:4 1000000000000", Text(), StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Many_files_are_copied_alike_by_several_workers()
    {
        Shell.Run("mkdir many; cd many; for d in $(seq 40); do mkdir d$d; for f in $(seq 50); do echo $d.$f > d$d/f$f; done; ln d$d/f1 d$d/z; done", _directory["src"]);
        Copy("/many", "/", Create);
        Assert.Equal(Shell.Run("find many -printf '%P %y %m %T@ %n\\n' | sort", _directory["src"]),
            Shell.Run("find many -printf '%P %y %m %T@ %n\\n' | sort", _directory["dst"]));
        Shell.Run($"diff -r src/many dst/many", _directory.Path);
    }

    [Fact]
    public void An_error_in_the_middle_of_many_files_names_the_file()
    {
        Shell.Run("mkdir many; cd many; for f in $(seq 1000); do echo $f > f$f; done", _directory["src"]);
        Shell.Run("mkdir -p many/f500/in-the-way", _directory["dst"]);
        var error = Assert.Throws<BuildException>(() => Copy("/many", "/", Create));
        Assert.Contains("cannot replace to directory /many/f500 with file", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Copying_into_an_overlay_and_freezing_gives_a_layer_with_just_the_copies()
    {
        using var store = new TestStore("overlay");
        LayerId context = store.Layer([], "mkdir d; for i in $(seq 200); do echo $i > d/$i; done");
        LayerId below = store.Layer([], "mkdir src; touch src/old");
        using ActiveSnapshot active = store.Snapshotter.Prepare([below]);
        using (SnapshotView view = store.Snapshotter.View([context]))
        {
            TreeCopy.Copy(view.Tree, "/d", active.Tree, "/src", Create with { DirectoryContents = true }, CancellationToken.None);
        }
        using StagedLayer staged = active.Freeze(CancellationToken.None);
        LayerId layer = store.Publish(staged);
        Assert.Equal(201, store.Changes(layer).Split(' ').Length);
    }

    private void Copy(string source, string destination, TreeCopyOptions options)
    {
        using RootedTree from = RootedTree.Open(_directory["src"]);
        using RootedTree to = RootedTree.Open(_directory["dst"]);
        TreeCopy.Copy(from, source, to, destination, options, CancellationToken.None);
    }

    private string Names()
    {
        using RootedTree tree = RootedTree.Open(_directory["dst"]);
        return TreeText.Names(tree);
    }

    private string Text()
    {
        using RootedTree tree = RootedTree.Open(_directory["dst"]);
        return TreeText.Of(tree);
    }
}
