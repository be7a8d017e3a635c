using Cairn.Llb;
using Cairn.Snapshotter.Layers;
using Cairn.Snapshotter.Tests.Support;
using Cairn.Snapshotter.Trees;
using Xunit;

namespace Cairn.Snapshotter.Tests.Layers;

/// <summary>Copies may be links to a layer's files; nobody must be able to tell, and the layer never changes.</summary>
public sealed class SharedFilesTests : IDisposable
{
    private static readonly TreeCopyOptions Contents = new() { CreateDestinationPath = true, DirectoryContents = true };

    private readonly TestStore _store = new("overlay");
    private readonly LayerId _context;

    public SharedFilesTests() => _context = _store.Layer([], "for i in 1 2 3 4; do echo $i > f$i; done; mkdir d; echo x > d/x; ln d/x d/y");

    public void Dispose() => _store.Dispose();

    [Fact]
    public void Unchanged_files_of_a_layer_are_linked_and_changed_ones_copied()
    {
        LayerId linked = Copy([], active => Copy(active, "/src", Contents));
        Assert.Equal(Inode(_context, "f1"), Inode(linked, "src/f1"));
        Assert.Equal(Inode(_context, "d/x"), Inode(linked, "src/d/y"));
        LayerId changed = Copy([], active => Copy(active, "/src", Contents with { Mode = 0x1c0 }));
        Assert.NotEqual(Inode(_context, "f1"), Inode(changed, "src/f1"));
    }

    [Fact]
    public void Writing_to_a_linked_file_leaves_the_layer_as_it_was()
    {
        string before = _store.ShowChanges(_context);
        LayerId layer = Copy([], active =>
        {
            Copy(active, "/src", Contents);
            active.Tree.WriteFile("/src/f1", "changed"u8, 0x1a4, null, null);
            active.Tree.SetMetadata("/src/f2", new FileChange { Mode = 0x1ff, Owner = new FileOwner(5, 5), Times = new FileTimes(1) }, false);
            active.Tree.SetAttribute("/src/f3", "user.x", "y"u8);
            active.Tree.MakeHardLink("/src/g4", "/src/f4");
            active.Tree.WriteFile("/src/g4", "both"u8, 0x1a4, null, null);
            Copy(active, "/src", Contents with { Mode = 0x1c0 });
        });
        Assert.Equal(before, _store.ShowChanges(_context));
        using SnapshotView view = _store.Snapshotter.View([layer]);
        Assert.Equal("both"u8.ToArray(), view.Tree.TryReadFile("/src/g4", 10));
    }

    [Fact]
    public void Two_copies_in_one_snapshot_are_two_files()
    {
        LayerId layer = Copy([], active =>
        {
            Copy(active, "/a", Contents);
            Copy(active, "/b", Contents);
        });
        AssertApart([layer]);
    }

    [Fact]
    public void Two_copies_in_two_layers_are_two_files()
    {
        LayerId one = Copy([], active => Copy(active, "/a", Contents));
        LayerId two = Copy([one], active => Copy(active, "/b", Contents));
        AssertApart([one, two]);
    }

    [Fact]
    public void Copies_made_apart_and_joined_later_are_two_files()
    {
        LayerId one = Copy([], active => Copy(active, "/a", Contents));
        LayerId two = Copy([], active => Copy(active, "/b", Contents));
        LayerId three = Copy([], active => Copy(active, "/c", Contents));
        AssertApart([one, two]);
        AssertApart([two, three, one]);
        AssertApart([_context, one]);
        using ActiveSnapshot joined = _store.Snapshotter.Prepare([one, two]);
        Shell.Run("cp -p a/f1 b/f1; echo more >> b/f1; cmp a/f1 b/f1 && exit 1 || true", joined.Attach());
    }

    [Fact]
    public void A_layer_linked_from_elsewhere_is_kept_apart_too()
    {
        using StagedLayer next = _store.Snapshotter.Stage();
        using (RootedTree root = RootedTree.Open("/"))
        {
            root.MakeHardLink(next.Directory + "/f1", _store.Snapshotter.ChangesDirectory(_context) + "/f1");
        }
        next.ShareFilesOf(_context);
        LayerId second = _store.Publish(next);
        LayerId one = Copy([], active => Copy(active, "/a", Contents));
        using SnapshotView view = _store.Snapshotter.View([second]);
        LayerId two = Copy([one], active =>
            TreeCopy.Copy(view.Tree, "/", active.Tree, "/b", Contents, CancellationToken.None));
        using SnapshotView both = _store.Snapshotter.View([one, two]);
        Assert.NotEqual(both.Tree.Status("/a/f1", false)!.Inode, both.Tree.Status("/b/f1", false)!.Inode);
    }

    [Fact]
    public void The_layer_is_the_same_whether_files_were_linked_or_copied()
    {
        LayerId below = _store.Layer([_context], "true");
        Assert.Equal("", _store.Changes(below));
        LayerId original = _store.Layer([], $"cp -a '{_store.Snapshotter.ChangesDirectory(_context)}' src");
        LayerId linked = Copy([original], active => Copy(active, "/src", Contents));
        Assert.Equal("src/ src/d/ src/d/x src/d/y", _store.Changes(linked));   // only the group of names is written again
    }

    [Fact]
    public void A_snapshot_with_linked_files_is_not_given_to_programs()
    {
        using ActiveSnapshot active = _store.Snapshotter.Prepare([]);
        Copy(active, "/src", Contents);
        var error = Assert.Throws<BuildException>(active.Attach);
        Assert.Contains("in common with a layer", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Copies_live_on_when_the_source_layer_is_removed()
    {
        LayerId one = Copy([], active => Copy(active, "/a", Contents));
        string before = _store.Show(one);
        _store.Store.Write(transaction => _store.Snapshotter.Remove(transaction, _context, force: false));
        Assert.Equal(before, _store.Show(one));
    }

    private void Copy(ActiveSnapshot active, string destination, TreeCopyOptions options)
    {
        using SnapshotView view = _store.Snapshotter.View([_context]);
        TreeCopy.Copy(view.Tree, "/", active.Tree, destination, options, CancellationToken.None);
    }

    private LayerId Copy(IReadOnlyList<LayerId> lowers, Action<ActiveSnapshot> fill)
    {
        using ActiveSnapshot active = _store.Snapshotter.Prepare(lowers);
        fill(active);
        using StagedLayer staged = active.Freeze(CancellationToken.None);
        return _store.Publish(staged);
    }

    // Equal content everywhere, and no inode but that of d/x and d/y has two names.
    private void AssertApart(IReadOnlyList<LayerId> layers)
    {
        using SnapshotView view = _store.Snapshotter.View(layers);
        var names = new Dictionary<ulong, string>();
        int files = 0;
        using var walk = new TreeWalk(view.Tree, "/");
        while (walk.MoveNext())
        {
            if (walk.Current.Status.IsRegular && walk.Current.Name != "y")
            {
                Assert.True(names.TryAdd(walk.Current.Status.Inode, walk.Current.Path), walk.Current.Path);
                files++;
            }
        }
        Assert.Equal(0, files % 5);
    }

    private ulong Inode(LayerId layer, string path)
    {
        using RootedTree tree = RootedTree.Open(_store.Snapshotter.ChangesDirectory(layer));
        return tree.Status("/" + path, followLinks: false)!.Inode;
    }
}
