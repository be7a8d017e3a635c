using Cairn.Llb;
using Cairn.Snapshotter.Layers;
using Cairn.Snapshotter.Tests.Support;
using Cairn.Snapshotter.Trees;
using Xunit;

namespace Cairn.Snapshotter.Tests.Layers;

/// <summary>Every driver passes these, on real mounts or directories.</summary>
public abstract class SnapshotterContract : IDisposable
{
    private readonly TestStore _store;

    protected SnapshotterContract(string driver) => _store = new TestStore(driver);

    protected TestStore Store => _store;

    public void Dispose()
    {
        _store.Dispose();
        GC.SuppressFinalize(this);
    }

    [Fact]
    public void A_committed_layer_is_visible_to_its_child()
    {
        LayerId first = _store.Layer([], "mkdir etc; echo one > etc/a");
        LayerId second = _store.Layer([first], "echo two > etc/b");

        using SnapshotView view = _store.Snapshotter.View([first, second]);
        Assert.Equal("one\n"u8.ToArray(), view.Tree.TryReadFile("/etc/a", 100));
        Assert.Equal("two\n"u8.ToArray(), view.Tree.TryReadFile("/etc/b", 100));
        Assert.Equal("etc/ etc/b", _store.Changes(second));
    }

    [Fact]
    public void An_empty_snapshot_is_an_empty_tree()
    {
        Assert.Equal("", _store.Show([]));
        LayerId nothing = _store.Layer([], "true");
        Assert.Equal("", _store.Show(nothing));
    }

    [Fact]
    public void What_a_child_deletes_is_gone_and_its_layer_says_so()
    {
        LayerId first = _store.Layer([], "mkdir d; touch d/a d/b f");
        LayerId second = _store.Layer([first], "rm d/a f");

        Assert.Equal("d/ -d/a -f", _store.Changes(second));
        using SnapshotView view = _store.Snapshotter.View([first, second]);
        Assert.Equal("d/ d/b", TreeText.Names(view.Tree));
    }

    [Fact]
    public void A_deletion_shows_nowhere_where_its_layer_lies_alone()
    {
        LayerId first = _store.Layer([], "mkdir -p d/e; touch d/a d/e/b");
        LayerId second = _store.Layer([first], "rm -r d/a d/e; touch d/c");

        using SnapshotView view = _store.Snapshotter.View([second]);
        Assert.Equal("d/ d/c", TreeText.Names(view.Tree));
    }

    [Fact]
    public void A_directory_deleted_and_made_again_has_whiteouts_for_exactly_what_its_base_had()
    {
        LayerId first = _store.Layer([], "mkdir -p d/sub d/other; touch d/sub/old d/sub/both d/a d/b d/other/x");
        LayerId second = _store.Layer([first], "rm -r d; mkdir -p d/sub; touch d/sub/both d/sub/new d/a");

        Assert.Equal("d/ d/a -d/b -d/other d/sub/ d/sub/both d/sub/new -d/sub/old", _store.Changes(second));
        using SnapshotView view = _store.Snapshotter.View([first, second]);
        Assert.Equal("d/ d/a d/sub/ d/sub/both d/sub/new", TreeText.Names(view.Tree));
    }

    [Fact]
    public void No_layer_made_here_has_an_opaque_mark()
    {
        LayerId first = _store.Layer([], "mkdir -p d/e/f; touch d/e/f/x; touch file");
        LayerId second = _store.Layer([first], "rm -r d; mkdir -p d/e/f; rm file; mkdir file; touch file/inside");
        string marks = Shell.Run(
            $"find '{_store.Snapshotter.ChangesDirectory(second)}' -type d -exec getfattr -h -m trusted.overlay.opaque {{}} +");
        Assert.Equal("", marks);
    }

    [Fact]
    public void A_directory_replacing_a_file_hides_it_and_the_other_way_round()
    {
        LayerId first = _store.Layer([], "mkdir d; touch d/x; touch f");
        LayerId second = _store.Layer([first], "rm -r d; echo now a file > d; rm f; mkdir f; touch f/y");
        using SnapshotView view = _store.Snapshotter.View([first, second]);
        Assert.Equal("d f/ f/y", TreeText.Names(view.Tree));
    }

    [Fact]
    public void What_was_touched_and_put_back_is_not_in_the_layer()
    {
        LayerId first = _store.Layer([], "mkdir -p d/e; echo content > d/e/file; touch -d @1000 d/e/file d/e d; ln -s x d/link");
        LayerId second = _store.Layer([first], "chmod 600 d/e/file; chmod 644 d/e/file; echo new > other");
        Assert.Equal("other", _store.Changes(second));
    }

    [Fact]
    public void A_change_of_content_is_seen_though_size_and_time_are_the_same()
    {
        LayerId first = _store.Layer([], "echo one > file; touch -d @1000 file");
        LayerId second = _store.Layer([first], "echo two > file; touch -d @1000 file");
        Assert.Equal("file", _store.Changes(second));
        using SnapshotView view = _store.Snapshotter.View([first, second]);
        Assert.Equal("two\n"u8.ToArray(), view.Tree.TryReadFile("/file", 100));
    }

    [Fact]
    public void Changed_metadata_makes_a_layer()
    {
        LayerId first = _store.Layer([], "touch a b c d; mkdir e");
        LayerId second = _store.Layer([first], "chmod 4755 a; chown 12:34 b; touch -d @5 c; setfattr -n user.x -v y d; chmod 700 e");
        Assert.Equal("a b c d e/", _store.Changes(second));
        string shown = _store.Show(first, second);
        Assert.Contains("/a Regular 4755 0:0", shown, StringComparison.Ordinal);
        Assert.Contains("/b Regular 644 12:34", shown, StringComparison.Ordinal);
        Assert.Contains("/c Regular 644 0:0 5000000000", shown, StringComparison.Ordinal);
        Assert.Contains("user.x=79", shown, StringComparison.Ordinal);
        Assert.Contains("/e Directory 700", shown, StringComparison.Ordinal);
    }

    [Fact]
    public void Layers_of_other_stacks_can_be_put_on_top()
    {
        LayerId a1 = _store.Layer([], "mkdir d; touch d/a d/common");
        LayerId a2 = _store.Layer([a1], "rm d/common; touch d/a2");
        LayerId b1 = _store.Layer([], "mkdir d; touch d/b d/common");
        LayerId b2 = _store.Layer([b1], "rm -r d; mkdir d; touch d/b2");

        using SnapshotView both = _store.Snapshotter.View([a1, a2, b1, b2]);
        Assert.Equal("d/ d/a d/a2 d/b2", TreeText.Names(both.Tree));   // b2's whiteouts speak of b1 only
        using SnapshotView reversed = _store.Snapshotter.View([b1, b2, a1, a2]);
        Assert.Equal("d/ d/a d/a2 d/b2", TreeText.Names(reversed.Tree));
    }

    [Fact]
    public void A_layer_listed_twice_counts_where_it_is_last()
    {
        LayerId one = _store.Layer([], "echo one > f");
        LayerId two = _store.Layer([], "echo two > f");
        using SnapshotView view = _store.Snapshotter.View([one, two, one]);
        Assert.Equal("one\n"u8.ToArray(), view.Tree.TryReadFile("/f", 100));
    }

    [Fact]
    public void A_computed_difference_turns_one_tree_into_the_other()
    {
        const string Common = "mkdir -p same changed; echo s > same/file; touch -d @9 same/file same; ";
        LayerId lower = _store.Layer([], Common + "echo a > changed/file; touch gone; mkdir gonedir; touch gonedir/x; ln -s a link; mkfifo p");
        LayerId upper = _store.Layer([], Common + "echo b > changed/file; touch new; ln new newlink; ln -s b link; mknod p c 1 3; mkdir -p x/y; "
            + "setfattr -n user.a -v b x");
        using StagedLayer staged = _store.Snapshotter.Diff([lower], [upper], CancellationToken.None);
        LayerId difference = _store.Publish(staged);

        Assert.Equal("changed/ changed/file -gone -gonedir link new newlink p x/ x/y/", _store.Changes(difference));
        Assert.Equal(_store.Show(upper), _store.Show(lower, difference));
    }

    [Fact]
    public void The_difference_to_nothing_deletes_everything()
    {
        LayerId lower = _store.Layer([], "mkdir d; touch d/x f");
        using StagedLayer staged = _store.Snapshotter.Diff([lower], [], CancellationToken.None);
        LayerId difference = _store.Publish(staged);
        Assert.Equal("-d -f", _store.Changes(difference));
        Assert.Equal("", _store.Show(lower, difference));
    }

    [Fact]
    public void Names_of_one_inode_stay_together()
    {
        LayerId first = _store.Layer([], "mkdir d; echo x > d/a; ln d/a b; mkfifo p; ln p q");
        string shown = _store.Show(first);
        Assert.Contains("= /b\n", shown, StringComparison.Ordinal);
        Assert.Contains("= /p\n", shown, StringComparison.Ordinal);
        Assert.Equal(4, _store.Snapshotter.Usage(first).Inodes);   // the root, d, b and d/a, p and q
    }

    [Fact]
    public void Usage_is_what_the_files_take()
    {
        LayerId layer = _store.Layer([], "head -c 100000 /dev/zero | tr '\\0' x > f; ln f g; mkdir d");
        LayerUsage usage = _store.Snapshotter.Usage(layer);
        Assert.Equal(3, usage.Inodes);
        Assert.InRange(usage.Bytes, 100000, 130000);
    }

    [Fact]
    public void A_discarded_snapshot_leaves_nothing()
    {
        using (ActiveSnapshot active = _store.Snapshotter.Prepare([]))
        {
            active.Tree.WriteFile("/f", "x"u8, 0x1a4, FileOwner.Root, null);
            active.Attach();
        }
        Assert.Empty(Directory.GetFileSystemEntries(Path.Combine(_store.Store.Root, "staging")));
        Assert.DoesNotContain(_store.Store.Root, File.ReadAllText("/proc/self/mountinfo"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_removed_layer_is_gone_with_its_files()
    {
        LayerId layer = _store.Layer([], "touch f");
        _store.Store.Write(transaction => _store.Snapshotter.Remove(transaction, layer, force: false));
        await _store.Store.EmptyTrashAsync(TestContext.Current.CancellationToken);

        Assert.False(_store.Snapshotter.Exists(layer));
        Assert.False(Directory.Exists(_store.Snapshotter.ChangesDirectory(layer)));
        Assert.Empty(Directory.GetFileSystemEntries(Path.Combine(_store.Store.Root, "trash")));
        var error = Assert.Throws<BuildException>(() => _store.Snapshotter.View([layer]));
        Assert.Contains("does not have it", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_failed_transaction_leaves_the_layer_staged()
    {
        using ActiveSnapshot active = _store.Snapshotter.Prepare([]);
        active.Tree.WriteFile("/f", "x"u8, 0x1a4, FileOwner.Root, null);
        using StagedLayer staged = active.Freeze(CancellationToken.None);
        LayerId id = default;
        Assert.Throws<InvalidOperationException>(() => _store.Store.Write<bool>(transaction =>
        {
            id = staged.Publish(transaction);
            throw new InvalidOperationException("no");
        }));
        Assert.False(_store.Snapshotter.Exists(id));
        LayerId again = _store.Publish(staged);
        Assert.Contains("/f", _store.Show(again), StringComparison.Ordinal);
    }

    [Fact]
    public void A_root_directory_keeps_its_metadata_through_its_children()
    {
        LayerId first = _store.Layer([], "chmod 711 .; chown 7:8 .; touch a");
        LayerId second = _store.Layer([first], "touch b");
        using SnapshotView view = _store.Snapshotter.View([first, second]);
        FileStatus root = view.Tree.Status("/", followLinks: true)!;
        Assert.Equal((0x1c9u, 7u, 8u), (root.Mode, root.Uid, root.Gid));
    }
}
