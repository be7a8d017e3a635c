using Blake3;
using Cairn.Snapshotter.Layers;
using Cairn.Snapshotter.Manifests;
using Cairn.Snapshotter.Tests.Support;
using Cairn.Snapshotter.Trees;
using Microsoft.Data.Sqlite;
using Xunit;

namespace Cairn.Snapshotter.Tests.Manifests;

public abstract class ManifestTests(string driver) : IDisposable
{
    private const string EveryKind = """
        mkdir -p d/sub; echo one > d/a; ln d/a d/b; ln -s ../x d/link; mkfifo d/pipe; mknod d/null c 1 3; mknod d/disk b 7 9
        setfattr -n user.note -v hello d/a; chmod 4755 d/sub; chown 12:34 d/link -h; touch $'d/\xff'; truncate -s 3000000 d/hole
        printf x > d/sub/x; touch -d @1.5 d/sub/x d/a
        """;

    private readonly TestStore _store = new(driver);

    public void Dispose()
    {
        _store.Dispose();
        GC.SuppressFinalize(this);
    }

    [Fact]
    public void A_manifest_lists_every_change_with_all_that_a_user_can_see()
    {
        LayerId first = _store.Layer([], EveryKind);
        LayerId second = _store.Layer([first], "rm -r d/sub; rm d/null; echo more >> d/hole");

        ChangeManifest manifest = _store.Snapshotter.Manifests.Read(first);
        Dictionary<string, ChangeEntry> entries = manifest.Entries().ToDictionary(item => item.Path, item => item.Entry, StringComparer.Ordinal);
        Assert.Equal(["/", "/d", "/d/a", "/d/b", "/d/disk", "/d/hole", "/d/link", "/d/null", "/d/pipe", "/d/sub", "/d/sub/x", "/d/\udcff"], entries.Keys.ToArray());
        Assert.Equal(1_500_000_000, entries["/d/a"].ModifiedNanoseconds);
        Assert.Equal((1, 1, 0), (entries["/d/a"].LinkGroup, entries["/d/b"].LinkGroup, entries["/d/hole"].LinkGroup));
        Assert.Equal("user.note", Assert.Single(entries["/d/a"].Attributes).Key);
        Assert.Equal((12u, 34u, "../x"), (entries["/d/link"].Uid, entries["/d/link"].Gid, entries["/d/link"].LinkTarget));
        Assert.Equal((FileKind.BlockDevice, 7ul, 9ul), (entries["/d/disk"].Kind, entries["/d/disk"].DeviceMajor, entries["/d/disk"].DeviceMinor));
        Assert.Equal(0x9edu, entries["/d/sub"].Mode);
        Assert.Equal(3_000_000, entries["/d/hole"].Size);
        string[] changes = [.. _store.Snapshotter.Manifests.Read(second).Entries().Select(item => item.Path + (item.Entry.IsWhiteout ? " gone" : ""))];
        Assert.Equal(["/", "/d", "/d/hole", "/d/null gone", "/d/sub gone"], changes);
    }

    [Fact]
    public void The_stored_manifest_is_published_with_the_layer_and_is_what_its_directory_says()
    {
        LayerId layer = _store.Layer([], EveryKind);
        LayerProof proof = _store.Snapshotter.Manifests.Proof(layer);
        byte[] stored = File.ReadAllBytes(Path.Combine(_store.Snapshotter.Manifests.DirectoryOf(layer), "manifest"));

        Assert.Equal(proof.Manifest, Hasher.Hash(stored));
        LayerVerdict verdict = Check(layer);
        Assert.Empty(verdict.Differences);
        Assert.True(verdict.IsManifestProven);
        Assert.False(verdict.AreContentsProven);
        Assert.Equal(stored, verdict.Manifest.Write());
        Assert.Equal(stored, ChangeManifest.Read(stored).Write());
    }

    [Fact]
    public void A_layer_without_a_manifest_gets_it_at_the_first_need()
    {
        LayerId layer = _store.Layer([], EveryKind);
        LayerProof proof = _store.Snapshotter.Manifests.Proof(layer);
        Forget(layer);
        File.Delete(Path.Combine(_store.Snapshotter.Manifests.DirectoryOf(layer), "manifest"));
        ISnapshotter other = SnapshotterFactory.Open(_store.Store);

        Assert.Equal("d", Assert.Single(other.Manifests.Read(layer).Root.Children).Name);
        Assert.Equal(proof, other.Manifests.Proof(layer));
        Assert.True(File.Exists(Path.Combine(other.Manifests.DirectoryOf(layer), "manifest")));
    }

    [Fact]
    public void Contents_are_recorded_once_and_never_change()
    {
        LayerId layer = _store.Layer([], EveryKind);
        LayerVerdict verdict = Check(layer);
        LayerManifests manifests = _store.Snapshotter.Manifests;

        Assert.Null(manifests.TryReadContents(layer));
        Assert.True(manifests.Record(layer, verdict.Manifest, verdict.Contents));
        Assert.True(Check(layer).AreContentsProven);
        Assert.Equal(Hasher.Hash("one\n"u8), manifests.TryReadContents(layer)!.Files[0]);
        File.WriteAllText(Path.Combine(_store.Snapshotter.ChangesDirectory(layer), "d/a"), "two\n");
        LayerVerdict changed = Check(layer);
        Assert.False(manifests.Record(layer, changed.Manifest, changed.Contents));
        Assert.Contains(Check(layer).Differences, difference => difference is { Path: "/d/a", What: "content" });
    }

    [Theory]
    [InlineData("printf y | dd of=d/sub/x conv=notrunc status=none; touch -d @1.5 d/sub/x", "/d/sub/x: content")]
    [InlineData("chmod 00700 d/sub", "/d/sub: mode (expected 4755, found 700)")]
    [InlineData("chown 1:1 -h d/link", "/d/link: owner (expected 12:34, found 1:1)")]
    [InlineData("setfattr -n user.note -v other d/a", "/d/a: attribute user.note (expected 68656c6c6f, found 6f74686572)")]
    [InlineData("setfattr -x user.note d/a", "/d/a: attribute user.note (expected 68656c6c6f, found nothing)")]
    [InlineData("setfattr -n user.new -v 1 d/sub/x", "/d/sub/x: attribute user.new (expected nothing, found 31)")]
    [InlineData("rm d/pipe; touch -d @5 d", "/d/pipe: missing (expected Fifo, found nothing)")]
    [InlineData("touch d/sub/y", "/d/sub/y: extra (expected nothing, found Regular)")]
    [InlineData("touch -d @1.25 d/sub/x", "/d/sub/x: modification time (expected 1.500000000, found 1.250000000)")]
    [InlineData("cp -a d/b t; mv t d/b", "/d/b: link group (expected 1, found 0)")]
    [InlineData("rm d/link; ln -s ../y d/link; chown -h 12:34 d/link", "/d/link: target (expected ../x, found ../y)")]
    [InlineData("rm d/null; mknod d/null c 1 5", "/d/null: device (expected 1:3, found 1:5)")]
    [InlineData("rm d/null; mknod d/null c 0 0", "/d/null: kind (expected CharacterDevice, found deletion)")]
    [InlineData("truncate -s 2000000 d/hole", "/d/hole: size (expected 3000000, found 2000000)")]
    [InlineData("printf x >> ../manifest", "the layer's file manifest is damaged")]
    [InlineData("rm ../contents", "the layer's file contents is missing")]
    public void Every_kind_of_damage_to_a_layer_is_found(string damage, string told)
    {
        LayerId layer = _store.Layer([], EveryKind);
        LayerVerdict good = Check(layer);
        _store.Snapshotter.Manifests.Record(layer, good.Manifest, good.Contents);
        Shell.Run(damage, _store.Snapshotter.ChangesDirectory(layer));

        Assert.Contains(Check(layer).Differences, difference => difference.ToString().StartsWith(told, StringComparison.Ordinal));
    }

    [Fact]
    public void Damaged_bytes_of_a_manifest_are_refused_or_read_as_others_but_never_as_the_same()
    {
        LayerId layer = _store.Layer([], EveryKind);
        byte[] stored = _store.Snapshotter.Manifests.Read(layer).Write();
        var random = new Random(1);
        for (int i = 0; i < 5000; i++)
        {
            byte[] damaged = i % 3 == 0 ? stored[..random.Next(stored.Length)] : [.. stored];
            if (i % 3 != 0)
            {
                damaged[random.Next(damaged.Length)] ^= (byte)(1 << random.Next(8));
            }
            try
            {
                _ = ChangeManifest.Read(damaged);
                Assert.NotEqual(Hasher.Hash(stored), Hasher.Hash(damaged));
            }
            catch (InvalidDataException)
            {
                // What most damage leads to.
            }
        }
    }

    private LayerVerdict Check(LayerId layer) => ManifestVerification.Check(
        _store.Snapshotter.Manifests.DirectoryOf(layer), _store.Snapshotter.Manifests.Proof(layer), CancellationToken.None);

    private void Forget(LayerId layer) => _store.Store.Write(transaction =>
    {
        SqliteCommand update = transaction.Command("UPDATE layers SET manifest = NULL WHERE id = $id");
        update.Parameters.AddWithValue("$id", layer.Value);
        update.ExecuteNonQuery();
    });
}

public sealed class OverlayManifestTests() : ManifestTests("overlay");

public sealed class NativeManifestTests() : ManifestTests("native");
