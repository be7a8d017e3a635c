using Cairn.Llb;
using Cairn.Snapshotter.Native;
using Cairn.Snapshotter.Tests.Support;
using Cairn.Snapshotter.Trees;
using Xunit;

namespace Cairn.Snapshotter.Tests.Trees;

public sealed class RootedTreeTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly RootedTree _tree;

    public RootedTreeTests() => _tree = RootedTree.Open(_directory.Path);

    public void Dispose()
    {
        _tree.Dispose();
        _directory.Dispose();
    }

    [Fact]
    public void Links_cannot_lead_out_of_the_tree()
    {
        Shell.Run("mkdir etc; echo inside > etc/hostname; ln -s /etc/hostname abs; ln -s ../../../../../etc/hostname rel; ln -s /etc dir", _directory.Path);
        foreach (string path in (string[])["/abs", "/rel", "/dir/hostname", "/dir/../../../etc/hostname"])
        {
            Assert.Equal("inside\n"u8.ToArray(), _tree.TryReadFile(path, 100));
        }
        _tree.WriteFile("/rel", "written"u8, 0x1a4, null, null);
        Assert.Equal("written", File.ReadAllText(_directory["etc/hostname"]));
    }

    [Fact]
    public void A_link_to_something_missing_resolves_inside_the_tree()
    {
        Shell.Run("ln -s /var/new/x a; ln -s ../../../../b/c d", _directory.Path);
        Assert.Equal("/var/new/x/y", _tree.Resolve("/a/y", followLast: true));
        Assert.Equal("/b/c", _tree.Resolve("/d", followLast: true));
        Assert.Equal("/d", _tree.Resolve("/d", followLast: false));
        _tree.MakeDirectory("/a/y", 0x1ed, FileOwner.Root, null, parents: true);
        Assert.True(Directory.Exists(_directory["var/new/x/y"]));
    }

    [Fact]
    public void A_loop_of_links_is_an_error_that_names_the_path()
    {
        Shell.Run("ln -s b a; ln -s a b", _directory.Path);
        var error = Assert.Throws<NativeException>(() => _tree.Resolve("/a/x", followLast: true));
        Assert.Contains("/a/x", error.Message, StringComparison.Ordinal);
        Assert.Equal(ErrorKind.Input, error.Kind);
    }

    [Fact]
    public void Directories_are_made_with_their_parents_and_exact_modes()
    {
        IReadOnlyList<string> made = _tree.MakeDirectory("/a/b/c", 0x1ff, new FileOwner(1, 2), new FileTimes(5_000_000_000), parents: true);
        Assert.Equal(["/a", "/a/b", "/a/b/c"], made);
        Assert.Equal(
            "/a Directory 777 1:2 5000000000\n/a/b Directory 777 1:2 5000000000\n/a/b/c Directory 777 1:2 5000000000\n", TreeText.Of(_tree));
        Assert.Empty(_tree.MakeDirectory("/a/b", 0, FileOwner.Root, null, parents: false));
        Assert.Throws<NativeException>(() => _tree.MakeDirectory("/x/y", 0, FileOwner.Root, null, parents: false));
    }

    [Fact]
    public void A_file_written_again_keeps_its_mode_and_loses_its_old_content()
    {
        _tree.WriteFile("/f", "long content"u8, 0x180, new FileOwner(3, 4), null);
        _tree.WriteFile("/f", "new"u8, 0x1ff, null, new FileTimes(7));
        Assert.StartsWith("/f Regular 600 3:4 7 3 ", TreeText.Of(_tree), StringComparison.Ordinal);
    }

    [Fact]
    public void A_link_is_removed_and_not_what_it_leads_to()
    {
        Shell.Run("mkdir d; touch d/f; ln -s d l", _directory.Path);
        Assert.True(_tree.Remove("/l", recursive: true));
        Assert.False(_tree.Remove("/l", recursive: true));
        Assert.Equal("d/ d/f", TreeText.Names(_tree));
        Assert.Throws<NativeException>(() => _tree.Remove("/", recursive: true));
        Assert.Throws<NativeException>(() => _tree.Remove("/d", recursive: false));
    }

    [Fact]
    public void A_named_pipe_is_refused_and_does_not_hang_the_reader()
    {
        Shell.Run("mkfifo p", _directory.Path);
        Assert.Throws<NativeException>(() => _tree.OpenRead("/p"));
    }

    [Fact]
    public void Names_that_are_not_text_survive()
    {
        Shell.Run("touch \"$(printf 'a\\xff')\" \"$(printf '\\xf0\\x9f\\x98\\x80')\" \"$(printf '\\xee\\x80\\x80')\"", _directory.Path);
        string[] names = [.. _tree.List("/").Select(static entry => entry.Name)];
        Assert.Equal(["a\udcff", "\ue000", "😀"], names);   // in the order of their bytes, which is not that of UTF-16
        Assert.NotNull(_tree.Status("/a\udcff", followLinks: false));
        Assert.Equal([0x61, 0xff], PathText.Encode(PathText.Decode([0x61, 0xff])));
    }

    [Fact]
    public void A_walk_goes_in_byte_order_and_leaves_out_what_it_is_told_to()
    {
        Shell.Run("mkdir -p a/x b/y; touch a/x/1 a-b b/y/2 B c", _directory.Path);
        using var walk = new TreeWalk(_tree, "/");
        var paths = new List<string>();
        while (walk.MoveNext())
        {
            paths.Add(walk.Current.Path);
            if (walk.Current.Path == "/b")
            {
                walk.SkipContents();
            }
        }
        Assert.Equal(["/", "/B", "/a", "/a/x", "/a/x/1", "/a-b", "/b", "/c"], paths);
    }

    [Theory]
    [InlineData("a/../../b/./c//", "/b/c")]
    [InlineData("/", "/")]
    [InlineData("", "/")]
    [InlineData("/..", "/")]
    [InlineData("/a/...", "/a/...")]
    public void Paths_are_cleaned_and_cannot_rise_above_the_root(string path, string expected) =>
        Assert.Equal(expected, TreePath.Clean(path));
}
