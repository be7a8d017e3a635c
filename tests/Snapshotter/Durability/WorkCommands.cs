using System.Globalization;
using Cairn.Snapshotter.Layers;
using Cairn.Snapshotter.Manifests;
using Cairn.Snapshotter.Store;
using Cairn.Tests.Harness;
using Microsoft.Data.Sqlite;

namespace Cairn.Snapshotter.Tests.Durability;

/// <summary>A process that publishes, deletes, flattens and seals at random, and writes down beforehand and afterwards what it does.</summary>
[ChildCommands]
internal static class WorkCommands
{
    private const int MaxLayers = 30;

    /// <summary>work-open ROOT RUN BOOT.</summary>
    public static string WorkOpen(ChildSession session, string[] arguments)
    {
        var store = StoreRoot.Open(
            new StoreOptions
            {
                Root = arguments[0], RunRoot = arguments[1], BootId = Guid.Parse(arguments[2]), MaxLowers = 4, IsLongLived = true,
                RecoveryInterval = TimeSpan.FromMilliseconds(100),
                SealInterval = TimeSpan.FromMilliseconds(300),
            },
            [StoreCommands.Notes]);
        session.Put("store", store);
        session.Put("snapshotter", SnapshotterFactory.Open(store));
        return store.Instance.Id;
    }

    /// <summary>work LOG SEED COUNT: that many steps, each with lines in the log. Layers of other processes are left alone.</summary>
    public static string Work(ChildSession session, string[] arguments)
    {
        using FileStream log = new(arguments[0], FileMode.Append, FileAccess.Write, FileShare.Read, bufferSize: 0);   // a line is a system call
        void Say(string line) => log.Write(System.Text.Encoding.ASCII.GetBytes(line + "\n"));
        var random = new Random(int.Parse(arguments[1], CultureInfo.InvariantCulture));
        List<LayerId> mine = [];
        for (int step = 0; step < int.Parse(arguments[2], CultureInfo.InvariantCulture); step++)
        {
            int choice = random.Next(100);
            switch (choice)
            {
                case < 45 when mine.Count < MaxLayers:
                    int key = random.Next();
                    LayerId made = Publish(session, key, record: random.Next(3) == 0);
                    mine.Add(made);
                    Say($"published {made} {key}");
                    break;
                case < 70 when mine.Count > 0:
                    LayerId gone = mine[random.Next(mine.Count)];
                    mine.Remove(gone);
                    Say($"removing {gone}");
                    session.Store.Write(transaction =>
                    {
                        session.Snapshotter.Remove(transaction, gone, force: true);
                        SqliteCommand forget = transaction.Command("DELETE FROM notes WHERE text LIKE $layer");
                        forget.Parameters.AddWithValue("$layer", $"{gone} %");
                        forget.ExecuteNonQuery();
                    });
                    Say($"removed {gone}");
                    break;
                case < 80:
                    session.Store.EmptyTrashAsync(CancellationToken.None).GetAwaiter().GetResult();
                    break;
                case < 90:
                    Say("sealing");
                    session.Store.SealAsync(TimeSpan.FromMinutes(5), CancellationToken.None).GetAwaiter().GetResult();
                    Say("sealed");
                    break;
                default:
                    if (mine.Count > 0)
                    {
                        session.Snapshotter.View(mine).Dispose();   // many at once are flattened
                    }
                    break;
            }
        }
        return "";
    }

    private static LayerId Publish(ChildSession session, int key, bool record)
    {
        using StagedLayer staged = session.Snapshotter.Stage();
        WorkModel.Fill(staged.Tree, key);
        _ = staged.Usage;
        LayerId id = session.Store.Write(transaction =>
        {
            LayerId layer = staged.Publish(transaction);
            SqliteCommand note = transaction.Command("INSERT INTO notes VALUES ($text)");
            note.Parameters.AddWithValue("$text", $"{layer} {key}");
            note.ExecuteNonQuery();
            return layer;
        });
        if (record)
        {
            var manifests = new LayerManifests(session.Store);
            ChangeManifest manifest = manifests.Read(id);
            manifests.Record(id, manifest, LayerContents.Compute(session.Snapshotter.ChangesDirectory(id), manifest, CancellationToken.None));
        }
        return id;
    }
}
