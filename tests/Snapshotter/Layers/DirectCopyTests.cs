using Cairn.Snapshotter.Layers;
using Cairn.Snapshotter.Tests.Support;
using Cairn.Snapshotter.Trees;
using Xunit;

namespace Cairn.Snapshotter.Tests.Layers;

/// <summary>Copies between mounts may go beneath them; nobody must be able to tell.</summary>
public sealed class DirectCopyTests : IDisposable
{
    private static readonly TreeCopyOptions Contents = new() { CreateDestinationPath = true, DirectoryContents = true };

    private readonly TestStore _store = new("overlay");

    public void Dispose() => _store.Dispose();

    [Theory]
    [InlineData("/src")]
    [InlineData("/src/")]
    [InlineData("/new/deep/src")]
    [InlineData("/")]
    [InlineData("/gone")]
    public void A_copy_is_seen_in_the_tree_at_once_and_in_the_layer(string destination)
    {
        LayerId context = _store.Layer([], "mkdir -p a/b; for i in $(seq 100); do echo $i > a/b/$i; done; ln a/b/1 a/z; ln a/b/2 top; mkfifo a/p; touch x");
        LayerId below = _store.Layer([], "mkdir -p gone/a/b; touch gone/a/b/old keep");
        using ActiveSnapshot active = _store.Snapshotter.Prepare([below]);
        active.Tree.Remove("/gone", recursive: true);
        using (SnapshotView view = _store.Snapshotter.View([context]))
        {
            TreeCopy.Copy(view.Tree, "/", active.Tree, destination, Contents, CancellationToken.None);
            TreeCopy.Copy(view.Tree, "/x", active.Tree, "/later/", Contents, CancellationToken.None);
            TreeCopy.Copy(view.Tree, "/a", active.Tree, "/later/", Contents, CancellationToken.None);
            string copy = TreePath.Clean(destination);
            string Lines(RootedTree tree, string under) => string.Join('\n', TreeText.Of(tree, directoryTimes: false).Split('\n')
                .Where(line => line.StartsWith(TreePath.Join(under, "a/"), StringComparison.Ordinal))
                .Select(line => line.Replace(TreePath.Join(under, "a/"), "/a/", StringComparison.Ordinal).Replace(
                    " = " + TreePath.Join(under, ""), " = /", StringComparison.Ordinal)));
            Assert.Equal(Lines(view.Tree, "/"), Lines(active.Tree, copy));
        }
        string before = TreeText.Of(active.Tree);
        using StagedLayer staged = active.Freeze(CancellationToken.None);
        LayerId layer = _store.Publish(staged);
        Assert.Equal(before, _store.Show(below, layer));
        Assert.DoesNotContain("old", before, StringComparison.Ordinal);
    }

    [Fact]
    public void Marks_of_a_single_layer_are_not_copied()
    {
        LayerId below = _store.Layer([], "mkdir d; touch d/a d/b c");
        LayerId context = _store.Layer([below], "rm d/a c; touch d/n");
        using ActiveSnapshot active = _store.Snapshotter.Prepare([]);
        using (SnapshotView view = _store.Snapshotter.View([context]))
        {
            TreeCopy.Copy(view.Tree, "/", active.Tree, "/x", Contents, CancellationToken.None);
            Assert.Throws<Cairn.Llb.BuildException>(() =>
                TreeCopy.Copy(view.Tree, "/c", active.Tree, "/y", Contents, CancellationToken.None));
        }
        Assert.Equal("x/ x/d/ x/d/n", TreeText.Names(active.Tree));
    }
}
