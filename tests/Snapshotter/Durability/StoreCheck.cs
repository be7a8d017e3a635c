using System.Globalization;
using Cairn.Snapshotter.Layers;
using Cairn.Snapshotter.Manifests;
using Cairn.Snapshotter.Store;
using Cairn.Snapshotter.Trees;
using Cairn.Tests.Harness;
using Microsoft.Data.Sqlite;
using Xunit;

namespace Cairn.Snapshotter.Tests.Durability;

/// <summary>What must hold of a store whatever happened to its processes: what is named is there and whole, what is not named is gone.</summary>
internal static class StoreCheck
{
    /// <summary>Checks it through an opening of its own, twice, and returns the layers that it has.</summary>
    public static IReadOnlyList<LayerId> Whole(StoreOptions options, string? live = null)
    {
        IReadOnlyList<LayerId> layers;
        using (StoreRoot store = StoreRoot.Open(options, [StoreCommands.Notes]))
        {
            store.EmptyTrashAsync(TestContext.Current.CancellationToken).GetAwaiter().GetResult();
            layers = Whole(store, live);
            ISnapshotter snapshotter = SnapshotterFactory.Open(store);
            using StagedLayer staged = snapshotter.Stage();
            staged.Tree.WriteFile("/f", "still works"u8, 0x1a4, FileOwner.Root, null);
            _ = staged.Usage;
            LayerId layer = store.Write(staged.Publish);
            store.Write(transaction => snapshotter.Remove(transaction, layer, force: false));
            store.EmptyTrashAsync(TestContext.Current.CancellationToken).GetAwaiter().GetResult();
        }
        using (StoreRoot again = StoreRoot.Open(options, [StoreCommands.Notes]))
        {
            Assert.Empty(again.ReclaimedInstances);
            Assert.Empty(again.LostFiles);
            Assert.Equal(layers, Whole(again, live));
        }
        return layers;
    }

    /// <summary>The same of a store that is open and has nothing under way.</summary>
    /// <param name="store">An opening.</param>
    /// <param name="live">Instance of another process that may have something in the staging area and the trash.</param>
    public static IReadOnlyList<LayerId> Whole(StoreRoot store, string? live = null)
    {
        var manifests = new LayerManifests(store);
        LayerId[] layers = [.. Layers(store)];
        Assert.Equal(
            layers.Select(static layer => layer.ToString()).Order(StringComparer.Ordinal),
            Names(store, "layers").Order(StringComparer.Ordinal));
        foreach (LayerId layer in layers)
        {
            LayerVerdict verdict = ManifestVerification.Check(
                Path.Combine(store.Root, "layers", layer.ToString()), manifests.Proof(layer), TestContext.Current.CancellationToken);
            Assert.Empty(verdict.Differences);
            Assert.True(verdict.IsManifestProven);
            long measured = Measure(Path.Combine(store.Root, "layers", layer.ToString(), "fs"));
            Assert.InRange(Bytes(store, layer), (measured * 99 / 100) - DirectoryOverhead, (measured * 101 / 100) + DirectoryOverhead);
        }
        foreach (string area in (string[])["staging", "trash"])
        {
            Assert.DoesNotContain(Names(store, area), name => live is null || !name.StartsWith(live, StringComparison.Ordinal));
        }
        Assert.Equal(1, store.Read(static connection => Text(connection, "PRAGMA integrity_check") == "ok" ? 1 : 0));
        return layers;
    }

    private const long DirectoryOverhead = 64 * 1024;   // a directory can take less or more where it was copied to

    private static long Bytes(StoreRoot store, LayerId layer) => store.Read(connection =>
    {
        using SqliteCommand select = connection.CreateCommand();
        select.CommandText = "SELECT bytes FROM layers WHERE id = $id";
        select.Parameters.AddWithValue("$id", layer.Value);
        return (long)select.ExecuteScalar()!;
    });

    private static long Measure(string directory)
    {
        using RootedTree tree = RootedTree.Open(directory);
        using var walk = new TreeWalk(tree, TreePath.Root);
        HashSet<ulong> seen = [];
        long bytes = 0;
        while (walk.MoveNext())
        {
            FileStatus status = walk.Current.Status;
            bytes += status.IsDirectory || seen.Add(status.Inode) ? status.AllocatedBytes : 0;
        }
        return bytes;
    }

    public static IEnumerable<LayerId> Layers(StoreRoot store) => store.Read(static connection =>
    {
        using SqliteCommand select = connection.CreateCommand();
        select.CommandText = "SELECT id FROM layers ORDER BY id";
        using SqliteDataReader reader = select.ExecuteReader();
        var layers = new List<LayerId>();
        while (reader.Read())
        {
            layers.Add(new LayerId(reader.GetInt64(0)));
        }
        return layers;
    });

    public static string[] Names(StoreRoot store, string area) =>
        [.. Directory.GetFileSystemEntries(Path.Combine(store.Root, area)).Select(static path => Path.GetFileName(path))];

    public static LayerId Id(string text) => new(long.Parse(text, CultureInfo.InvariantCulture));

    private static string Text(SqliteConnection connection, string sql)
    {
        using SqliteCommand command = connection.CreateCommand();
#pragma warning disable CA2100 // Constants of this class.
        command.CommandText = sql;
#pragma warning restore CA2100
        return (string)command.ExecuteScalar()!;
    }
}
