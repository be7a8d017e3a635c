using Cairn.Snapshotter.Layers;
using Cairn.Snapshotter.Merging;
using Cairn.Snapshotter.Tars;
using Cairn.Snapshotter.Tests.Model;
using Cairn.Snapshotter.Tests.Support;
using Cairn.Snapshotter.Trees;
using Cairn.Tests.Harness;
using Xunit;

namespace Cairn.Snapshotter.Tests.Merging;

/// <summary>What a merge is, whatever way it is made in; this part: the tree. Each tree is compared with the model and with the unpacked archives, too.</summary>
public abstract partial class MergeContract : IDisposable
{
    private readonly MergeBench _bench;

    protected MergeContract(string driver, MergeStrategy strategy, string? filesystem)
    {
        _bench = new MergeBench(driver, strategy, filesystem);
        Assert.Equal(strategy, _bench.Snapshotter.Strategy);
    }

    private protected MergeBench Bench => _bench;

    private TestStore Store => _bench.Store;

    public void Dispose()
    {
        _bench.Dispose();
        GC.SuppressFinalize(this);
    }

    [Fact]
    public void MRG_01_Directories_join_and_the_last_metadata_wins()
    {
        LayerId a = Store.Layer([], "mkdir -m 755 d; echo a > d/a");
        LayerId b = Store.Layer([], "mkdir -m 755 d; echo b > d/b; echo e > e");
        LayerId c = Store.Layer([], "mkdir -m 700 d; echo changed > d/a; echo c > d/c");

        string shown = _bench.Show(a, b, c);
        Assert.Equal("d/ d/a d/b d/c e", _bench.Names(a, b, c));
        Assert.Contains("/d Directory 700", shown, StringComparison.Ordinal);
        using SnapshotView view = _bench.Snapshotter.View([a, b, c]);
        Assert.Equal("changed\n"u8.ToArray(), view.Tree.TryReadFile("/d/a", 100));
    }

    [Fact]
    public void MRG_02_A_file_over_a_directory_leaves_nothing_of_it()
    {
        LayerId below = Store.Layer([], "mkdir -p d/sub; touch d/x d/sub/y");
        LayerId own = Store.Layer([below], "rm -r d; echo file > d");
        LayerId other = Store.Layer([], "echo file > d");

        Assert.Equal("d", _bench.Names(below, own));
        Assert.Equal("d", _bench.Names(below, other));
        Assert.Equal("d", _bench.Names(below, Store.Layer([], "mkdir d; touch d/z"), other));
    }

    [Fact]
    public void MRG_03_Links_are_replaced_and_never_followed()
    {
        using var outside = new TemporaryDirectory();
        File.WriteAllText(outside["sentinel"], "untouched");
        LayerId below = Store.Layer([], $"""
            mkdir real target; touch target/inside; echo f > file
            ln -s target todir; ln -s {outside.Path} toelsewhere; ln -s a loop1; ln -s loop2 loop3; ln -s loop3 loop2; ln -s target tolink; ln -s target tofile
            """);
        LayerId above = Store.Layer([], """
            mkdir file todir toelsewhere loop2 loop3; touch file/a todir/b toelsewhere/c loop2/d loop3/e
            ln -s /elsewhere real; ln -s other tolink; echo now a file > tofile; ln -s loop1 loop1
            """);

        Assert.Equal(
            "file/ file/a loop1 loop2/ loop2/d loop3/ loop3/e real target/ target/inside todir/ todir/b toelsewhere/ toelsewhere/c tofile tolink",
            _bench.Names(below, above));
        Assert.Contains("/tolink Symlink 777 0:0", _bench.Show(below, above), StringComparison.Ordinal);
        Assert.Equal(["sentinel"], Directory.GetFileSystemEntries(outside.Path).Select(Path.GetFileName));
        Assert.Equal("untouched", File.ReadAllText(outside["sentinel"]));
        _bench.Show(above, below);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]   // archives cannot hold sockets: without them, the unpacked archives are compared too
    public void MRG_04_Every_kind_over_every_other_kind(bool sockets)
    {
        (string Name, ModelChange? Change)[] kinds =
        [
            ("absent", null), ("directory", ModelLayer.Nothing.With("old", Put(FileKind.Regular, "old"))), ("empty", ModelLayer.Nothing),
            ("file", Put(FileKind.Regular, "file")), ("symlink", Put(FileKind.Symlink, "directory-file")), ("fifo", Put(FileKind.Fifo, "")),
            (sockets ? "socket" : "other", Put(sockets ? FileKind.Socket : FileKind.Fifo, "")), ("character", Put(FileKind.CharacterDevice, "1,3")), ("block", Put(FileKind.BlockDevice, "7,99")),
        ];
        ModelLayer lower = ModelLayer.Nothing;
        ModelLayer upper = ModelLayer.Nothing;
        foreach ((string first, ModelChange? below) in kinds)
        {
            foreach ((string second, ModelChange? above) in kinds)
            {
                string name = $"{first}-{second}";
                lower = below is null ? lower : lower.With(name, below);
                upper = above is null ? upper : upper.With(name, above);
                upper = above is ModelLayer ? upper.With(name + "/new", Put(FileKind.Regular, "new")) : upper;
            }
        }
        LayerId one = _bench.Layer(lower);
        LayerId two = _bench.Layer(upper);

        string shown = _bench.Show(one, two);
        foreach ((string first, ModelChange? below) in kinds)
        {
            foreach ((string second, ModelChange? above) in kinds)
            {
                string line = $"/{first}-{second} ";
                ModelChange? expected = above ?? below;
                Assert.Equal(expected is not null, shown.Contains(line, StringComparison.Ordinal));
                if (expected is not null)
                {
                    string kind = expected is ModelPut put ? put.File.Kind.ToString() : nameof(FileKind.Directory);
                    Assert.Contains(line + kind + " ", shown, StringComparison.Ordinal);
                }
                bool old = second == "directory" || (first == "directory" && (above is null or ModelLayer));
                Assert.Equal(old, shown.Contains($"/{first}-{second}/old ", StringComparison.Ordinal));
                Assert.Equal(above is ModelLayer, shown.Contains($"/{first}-{second}/new ", StringComparison.Ordinal));
            }
        }
    }

    [Fact]
    public void MRG_05_Deletions_of_a_file_a_directory_and_of_nothing()
    {
        LayerId a = Store.Layer([], "mkdir -p d/e; touch d/f d/e/g keep");
        LayerId deletes = _bench.Layer(ModelLayer.Nothing.With("d/f", new ModelWhiteout()).With("d/e", new ModelWhiteout()));
        LayerId deletesNothing = _bench.Layer(ModelLayer.Nothing.With("absent/x", new ModelWhiteout()).With("nowhere", new ModelWhiteout()));

        Assert.Equal("d/ keep", _bench.Names(a, deletes));
        Assert.Equal("absent/ d/ d/e/ d/e/g d/f keep", _bench.Names(a, deletesNothing));
        Assert.Equal("absent/", _bench.Names(deletesNothing));
    }

    [Fact]
    public void MRG_06_What_was_deleted_stays_deleted_when_the_name_comes_back()
    {
        LayerId a = Store.Layer([], "mkdir d; touch d/x");
        LayerId deletes = _bench.Layer(ModelLayer.Nothing.With("d", new ModelWhiteout()));
        LayerId replaces = _bench.Layer(ModelLayer.Nothing.With("d", Put(FileKind.Regular, "file")));
        LayerId creates = Store.Layer([], "mkdir d; touch d/y");

        Assert.Equal("d/ d/y", _bench.Names(a, deletes, creates));
        Assert.Equal("d/ d/y", _bench.Names(a, replaces, creates));
        Assert.Equal("d/ d/x d/y", _bench.Names(deletes, a, creates));
    }

    [Fact]
    public void MRG_07_A_directory_made_again_hides_its_own_base_and_nothing_else()
    {
        LayerId own = Store.Layer([], "mkdir -p d/sub/deep; touch d/a d/sub/old d/sub/deep/older");
        LayerId again = Store.Layer([own], "rm -r d; mkdir -p d/sub/deep; touch d/new d/sub/deep/newer");
        LayerId unrelated = Store.Layer([], "mkdir -p d/sub/deep; touch d/z d/sub/z d/sub/deep/z");

        Assert.Equal("d/ d/new d/sub/ d/sub/deep/ d/sub/deep/newer", _bench.Names(own, again));
        Assert.Equal("d/ d/new d/sub/ d/sub/deep/ d/sub/deep/newer d/sub/deep/z d/sub/z d/z", _bench.Names(unrelated, again));
        Assert.Equal("d/ d/new d/sub/ d/sub/deep/ d/sub/deep/newer d/sub/deep/z d/sub/z d/z", _bench.Names(unrelated, own, again));
        Assert.Equal("d/ d/new d/sub/ d/sub/deep/ d/sub/deep/newer", _bench.Names(again));
    }

    [Fact]
    public void MRG_08_Two_deletions_that_share_one_inode()
    {
        LayerId a = Store.Layer([], "mkdir d; touch d/x");
        LayerId deletes = _bench.Raw(
            $"mkdir d e; mknod d/x c 0 0; ln d/x e/absent; setfattr -n {OverlayMarks.Namespace}.overlay.origin d e");
        Assert.Equal("d/ e/", _bench.Names(a, deletes));
    }

    [Fact]
    public void MRG_09_A_file_moved_away_and_back_is_no_change()
    {
        LayerId @base = Store.Layer([], "mkdir d; echo old > d/f; touch -d @1000 d/f d");
        LayerId newer = Store.Layer([@base], "echo newer > d/f");
        LayerId moved = Store.Layer([@base], "mv d/f g; mv g d/f; touch -d @1000 d; echo x > other");

        using SnapshotView view = _bench.Snapshotter.View([@base, newer, moved]);
        Assert.Equal("newer\n"u8.ToArray(), view.Tree.TryReadFile("/d/f", 100));
        Assert.Equal("d/ d/f other", _bench.Names(@base, newer, moved));
    }

    [Fact]
    public void MRG_10_A_pulled_layer_keeps_what_its_archive_says()
    {
        using var directory = new TemporaryDirectory();
        Shell.Run("""
            mkdir -p l/d l/e l/surplus; touch l/d/.wh..wh..opq l/d/new l/surplus/.wh.nothing l/e/.wh.gone; touch l/.wh.file
            tar -cf l.tar -C l .
            """, directory.Path);
        LayerId pulled;
        using (StagedLayer staged = _bench.Snapshotter.Stage())
        {
            using (FileStream tar = File.OpenRead(directory["l.tar"]))
            {
                LayerTarReader.Apply(tar, staged, [], _bench.Snapshotter, CancellationToken.None);
            }
            pulled = Store.Publish(staged);
        }
        LayerId input = Store.Layer([], "mkdir d e surplus; touch d/hidden e/gone e/kept surplus/nothing surplus/kept file");

        Assert.Equal("d/ d/new e/ e/kept surplus/ surplus/kept", _bench.Names(input, pulled));
        Assert.Equal("d/ d/new e/ surplus/", _bench.Names(pulled));
        Assert.Equal(_bench.Names(input), _bench.Names(pulled, input).Replace(" d/new", "", StringComparison.Ordinal));
    }

    [Fact]
    public void MRG_11_Names_of_one_file_stay_together_and_files_of_two_layers_stay_apart()
    {
        LayerId linked = Store.Layer([], "mkdir d; echo x > d/a; ln d/a d/b; ln d/a c; mkfifo p; ln p q; ln -s x s; ln s t");
        LayerId context = Store.Layer([], "echo same > f; echo again > g");
        LayerId one = Copy(context, "/one");
        LayerId two = Copy(context, "/two");

        string shown = _bench.Show(linked, one, two);
        Assert.Contains(" = /c\n", shown, StringComparison.Ordinal);
        Assert.Contains("/q Fifo 644", shown, StringComparison.Ordinal);
        Assert.Equal(4, shown.Split('\n').Count(static line => line.Contains(" = /", StringComparison.Ordinal)));   // d/a, d/b, q, t
        using SnapshotView view = _bench.Snapshotter.View([linked, one, two]);
        Assert.Equal(Inode(view, "/d/a"), Inode(view, "/c"));
        Assert.NotEqual(Inode(view, "/one/f"), Inode(view, "/two/f"));
        using ActiveSnapshot active = _bench.Snapshotter.Prepare([one, two]);
        Shell.Run("echo more >> one/f; cmp one/f two/f && exit 1 || true", active.Attach());
    }

    [Fact]
    public void MRG_12_What_a_child_does_changes_neither_inputs_nor_merge_nor_siblings()
    {
        LayerId a = Store.Layer([], "mkdir d; echo one > d/a; echo two > d/b; setfattr -n user.x -v y d/b; ln d/a d/link");
        LayerId b = Store.Layer([], "mkdir d; echo three > d/c; echo four > d/e");
        string[] before = [Store.ShowChanges(a), Store.ShowChanges(b), _bench.Show(a, b)];
        using ActiveSnapshot sibling = _bench.Snapshotter.Prepare([a, b]);
        sibling.Attach();

        LayerId child = Store.Layer([a, b], """
            echo more >> d/a; truncate -s 1 d/c; chmod 600 d/b; chown 5:6 d/e; setfattr -n user.x -v z d/b; touch -d @7 d/e
            mv d/c d/moved; rm d/link; ln d/b d/again; rm -r d/e; mkdir d/e
            """);

        string[] after = [Store.ShowChanges(a), Store.ShowChanges(b), _bench.Show(a, b)];
        Assert.Equal(before, after);
        Assert.Equal(before[2], TreeText.Of(sibling.Tree));
        Assert.Equal("d/ d/a d/again d/b d/e/ d/moved", _bench.Names(a, b, child));
    }

    [Fact]
    public void MRG_13_Capabilities_attributes_and_setuid_bits_of_others_survive()
    {
        LayerId a = Store.Layer([], """
            echo c > cap; setcap cap_net_raw+ep cap; echo s > suid; chown 1234:4321 suid; chmod 6755 suid
            echo x > user; setfattr -n user.a -v 1 user; setfattr -n security.other -v 2 user; echo y > acl; setfacl -m u:77:rw acl
            mkdir dir; setfacl -d -m u:88:rwx dir; setfattr -n user.d -v 3 dir; chmod 3777 dir; chown 9:9 dir
            """);
        LayerId b = Store.Layer([], "mkdir other; touch other/file");
        string shown = _bench.Show(a, b);
        Assert.Contains("/suid Regular 6755 1234:4321", shown, StringComparison.Ordinal);
        Assert.Contains("/dir Directory 3777 9:9", shown, StringComparison.Ordinal);
        foreach (string attribute in (string[])["security.capability=", "user.a=31", "security.other=32", "user.d=33", "system.posix_acl_access=", "system.posix_acl_default="])
        {
            Assert.Contains(attribute, shown, StringComparison.Ordinal);
        }

        // What tar makes of the exported archives is the same tree.
        using var directory = new TemporaryDirectory();
        Directory.CreateDirectory(directory["unpacked"]);
        foreach (LayerId layer in (LayerId[])[a, b])
        {
            using (FileStream tar = File.Create(directory["layer.tar"]))
            {
                LayerTarWriter.Write(_bench.Snapshotter.ChangesDirectory(layer), tar, LayerTarOptions.Default, CancellationToken.None);
            }
            Shell.Run("tar --xattrs '--xattrs-include=*' --numeric-owner -xpf ../layer.tar", directory["unpacked"]);
        }
        using RootedTree unpacked = RootedTree.Open(directory["unpacked"]);
        Assert.Equal(shown, TreeText.Of(unpacked));
    }

    [Fact]
    public void MRG_14_Repeated_inputs_count_where_they_are_last()
    {
        LayerId a = Store.Layer([], "echo a > f; mkdir d; touch d/a");
        LayerId b = Store.Layer([], "echo b > f; mkdir d; touch d/b");
        LayerId c = Store.Layer([a], "rm d/a");

        Assert.Equal(_bench.Show(b, a), _bench.Show(a, b, a));
        Assert.Equal(_bench.Show(a), _bench.Show(a, a));
        Assert.Equal(_bench.Show(a, c, b), _bench.Show(a, b, a, c, b));
        Assert.Equal(LayerList.Normalise([a, c, b]), LayerList.Normalise([a, b, a, c, b]));
    }

    [Fact]
    public void MRG_15_Random_layers_are_what_the_model_says()
    {
        int cases = Soak.Choose(300, 10_000);
        MergePlanTests.Check($"{GetType().Name} against the model", 4, layers =>
        {
            LayerId[] ids = [.. layers.Select(_bench.Layer)];
            string shown = _bench.Show(ids);
            bool same = ids.Length < 2 || shown == Store.Show([.. LayerList.Normalise([.. ids[..1], .. LayerList.Normalise(ids[1..])])]);
            Store.Store.Write(transaction =>
            {
                foreach (LayerId id in ids)
                {
                    _bench.Snapshotter.Remove(transaction, id, force: true);
                }
            });
            return same;
        }, cases);
    }

    [Fact]
    public void MRG_16_Nothing_empty_inputs_and_one_input()
    {
        LayerId empty = Store.Layer([], "true");
        LayerId alsoEmpty = Store.Layer([], "true");
        LayerId one = Store.Layer([], "mkdir d; touch d/f");
        Assert.Equal("", _bench.Show());
        Assert.Equal("", _bench.Show(empty, alsoEmpty));
        Assert.Equal("d/ d/f", _bench.Names(one));
        Assert.Equal([one], LayerList.Normalise([one]));
        Assert.Equal("d/ d/f", _bench.Names(empty, one, alsoEmpty));
    }

    [Fact]
    public void MRG_17_Pipes_and_sockets_get_no_further_names()
    {
        LayerId a = _bench.Layer(ModelLayer.Nothing.With("fifo", Put(FileKind.Fifo, "")).With("socket", Put(FileKind.Socket, "")));
        LayerId b = Store.Layer([], "touch file");
        using SnapshotView view = _bench.Snapshotter.View([a, b]);
        foreach (string name in (string[])["fifo", "socket"])
        {
            Assert.Equal(1u, view.Tree.Status("/" + name, followLinks: false)!.LinkCount);
            using RootedTree own = RootedTree.Open(_bench.Snapshotter.ChangesDirectory(a));
            Assert.Equal(1u, own.Status("/" + name, followLinks: false)!.LinkCount);
        }
        _bench.Show(a, b);
    }

    [Fact]
    public void MRG_18_Times_are_exact_and_set_through_no_link()
    {
        using var outside = new TemporaryDirectory();
        Shell.Run("mkdir target; touch -d @5 target", outside.Path);
        LayerId a = Store.Layer([], "mkdir -p d/e link; touch d/e/f link/x; touch -d @1.123456789 d/e/f; touch -d @2.000000001 d/e; touch -d @3.5 d");
        LayerId b = Store.Layer([], $"mkdir -p d/e; touch d/e/g; touch -d @4.000000002 d/e; touch -d @6.25 d; ln -s {outside["target"]} link; touch -h -d @7.75 link");
        string shown = _bench.Show(a, b);
        Assert.Contains("/d Directory 755 0:0 6250000000\n", shown, StringComparison.Ordinal);
        Assert.Contains("/d/e Directory 755 0:0 4000000002\n", shown, StringComparison.Ordinal);
        Assert.Contains("/d/e/f Regular 644 0:0 1123456789 ", shown, StringComparison.Ordinal);
        Assert.Contains("/link Symlink 777 0:0 7750000000 ", shown, StringComparison.Ordinal);
        Assert.Equal("5", Shell.Run($"stat -c %Y {outside["target"]}").Trim());
    }

    [Fact]
    public void MRG_19_The_root_is_that_of_the_topmost_layer_that_says_something_of_it_also_in_the_exported_image()
    {
        LayerId a = Store.Layer([], "chmod 711 .; chown 7:8 .; touch a");
        LayerId child = Store.Layer([a], "touch b");
        LayerId other = Store.Layer([], "chmod 750 .; chown 9:9 .; touch c");
        string Root(params LayerId[] list)
        {
            using SnapshotView view = _bench.Snapshotter.View(list);
            using ActiveSnapshot active = _bench.Snapshotter.Prepare(list);
            FileStatus root = view.Tree.Status("/", followLinks: true)!;
            Assert.Equal((root.Mode, root.Uid), (active.Tree.Status("/", true)!.Mode, active.Tree.Status("/", true)!.Uid));
            return $"{Convert.ToString(root.Mode, 8)} {root.Uid}:{root.Gid}";
        }
        // Whoever unpacks the exported archives gets the same root.
        string Exported(params LayerId[] list)
        {
            using var directory = new TemporaryDirectory();
            Directory.CreateDirectory(directory["root"]);
            foreach (LayerId layer in list)
            {
                using (FileStream tar = File.Create(directory["layer.tar"]))
                {
                    LayerTarWriter.Write(_bench.Snapshotter.ChangesDirectory(layer), tar, LayerTarOptions.Default, CancellationToken.None);
                }
                Shell.Run("tar --xattrs '--xattrs-include=*' --numeric-owner -xpf ../layer.tar", directory["root"]);
            }
            return Shell.Run("stat -c '%a %u:%g' .; getfattr -d -m user . 2> /dev/null || true", directory["root"]).Trim();
        }
        string Same(params LayerId[] list)
        {
            using SnapshotView view = _bench.Snapshotter.View(list);
            string seen = Shell.Run("stat -c '%a %u:%g' .; getfattr -d -m user . 2> /dev/null || true", view.Attach()).Trim();
            Assert.Equal(Exported(list), seen);
            return seen;
        }
        LayerId plain = Store.Layer([], "touch plain");
        LayerId usual = Store.Layer([a], "chmod 755 .; chown 0:0 .; touch usual");
        LayerId marked = Store.Layer([], "setfattr -n user.root -v here .; touch marked");
        Assert.Equal("711 7:8", Root(a, plain));           // who says nothing about the root leaves it
        Assert.Equal("711 7:8", Root(plain, a, plain));
        Assert.Equal("755 0:0", Root(a, usual));           // who made it the usual one says something
        Assert.Equal("755 0:0", Root(other, usual, plain));
        Assert.Equal("755 0:0", Root(plain, plain));
        foreach (LayerId[] list in (LayerId[][])[[a, child], [a, plain], [plain, a, plain], [a, usual], [other, usual, plain], [other, a, child], [plain], [a]])
        {
            Assert.Equal(Root(list), Same(list));
        }
        Assert.Contains("user.root=\"here\"", Same(a, marked, plain), StringComparison.Ordinal);
        using (StagedLayer difference = _bench.Snapshotter.Diff([plain], [plain, usual], CancellationToken.None))
        {
            LayerId none = Store.Publish(difference);
            Assert.Equal("711 7:8", Root(a, none));        // between two usual roots there is no difference
        }
        using (StagedLayer difference = _bench.Snapshotter.Diff([a], [a, usual], CancellationToken.None))
        {
            Assert.Equal("755 0:0", Root(other, Store.Publish(difference)));
        }
        Assert.Equal("711 7:8", Root(a, child));
        Assert.Equal("750 9:9", Root(a, child, other));
        Assert.Equal("711 7:8", Root(other, a, child));
    }

    [Fact]
    public void MRG_20_The_metadata_of_the_later_directory_wins()
    {
        LayerId below = Store.Layer([], "mkdir -m 1777 tmp; touch tmp/mine");
        LayerId copy = Store.Layer([], "mkdir -m 755 tmp; echo copied > tmp/file");
        Assert.Contains("/tmp Directory 755 0:0", _bench.Show(below, copy), StringComparison.Ordinal);
        Assert.Equal("tmp/ tmp/file tmp/mine", _bench.Names(below, copy));
    }

    private LayerId Copy(LayerId context, string destination)
    {
        using ActiveSnapshot active = _bench.Snapshotter.Prepare([]);
        using (SnapshotView view = _bench.Snapshotter.View([context]))
        {
            TreeCopy.Copy(
                view.Tree, "/", active.Tree, destination, new TreeCopyOptions { CreateDestinationPath = true, DirectoryContents = true },
                CancellationToken.None);
        }
        using StagedLayer staged = active.Freeze(CancellationToken.None);
        return Store.Publish(staged);
    }

    private static ulong Inode(SnapshotView view, string path) => view.Tree.Status(path, followLinks: false)!.Inode;

    private static ModelPut Put(FileKind kind, string content) => new(new ModelFile(
        kind, content, null, ModelMetadata.Of(kind == FileKind.Symlink ? 0x1ffu : 0x1a4u, 1000 + content.Length)));
}
