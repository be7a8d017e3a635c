using System.Diagnostics;
using System.Globalization;
using System.Text;
using Cairn.Snapshotter.Layers;
using Cairn.Snapshotter.Merging;
using Cairn.Snapshotter.Store;
using Cairn.Snapshotter.Trees;
using Microsoft.Data.Sqlite;

namespace Cairn.Tests.Harness;

/// <summary>
/// Commands on a store and its layers. Lists of layers are numbers with commas, files are PATH=CONTENT. The store has a table
/// <c>notes (text)</c> to write rows to.
/// </summary>
[ChildCommands]
internal static class StoreCommands
{
    internal static StoreSchema Notes { get; } = new("notes", ["CREATE TABLE notes (text TEXT NOT NULL) STRICT;"]);

    /// <summary>
    /// open ROOT RUN [driver=…] [strategy=…] [lowers=…] [boot=GUID] [additional=ROOT:ROOT…] [name=…] [every=MS] [close=MS] [backlog=N]: the id of the instance. A name
    /// keeps several stores apart; "every" makes it a process that stays, with that interval.
    /// </summary>
    public static string Open(ChildSession session, string[] arguments)
    {
        Dictionary<string, string> options = arguments[2..].Select(static o => o.Split('=', 2)).ToDictionary(static o => o[0], static o => o[1]);
        TimeSpan Milliseconds(string name, int other) => TimeSpan.FromMilliseconds(
            options.TryGetValue(name, out string? text) ? int.Parse(text, CultureInfo.InvariantCulture) : other);
        StoreRoot store = StoreRoot.Open(
            new StoreOptions
            {
                Root = arguments[0],
                RunRoot = arguments[1],
                Driver = options.GetValueOrDefault("driver"),
                Strategy = options.TryGetValue("strategy", out string? strategy) ? Enum.Parse<MergeStrategy>(strategy) : null,
                MaxLowers = int.Parse(options.GetValueOrDefault("lowers", "128"), CultureInfo.InvariantCulture),
                BootId = options.TryGetValue("boot", out string? boot) ? Guid.Parse(boot) : null,
                IsLongLived = options.ContainsKey("every"),
                SealInterval = Milliseconds("every", 5000),
                RecoveryInterval = Milliseconds("every", 5000),
                CloseBudget = Milliseconds("close", 500),
                MaxTrashBacklog = int.Parse(options.GetValueOrDefault("backlog", "1000"), CultureInfo.InvariantCulture),
                AdditionalStores = options.TryGetValue("additional", out string? more) ? more.Split(':') : [],
            },
            [Notes]);
        session.Put("store", store);
        session.Put(options.GetValueOrDefault("name", "first"), store);
        session.Put("snapshotter", SnapshotterFactory.Open(store));
        return store.Instance.Id;
    }

    /// <summary>use NAME: what follows is done with that store.</summary>
    public static string Use(ChildSession session, string[] arguments)
    {
        StoreRoot store = session.Get<StoreRoot>(arguments[0]);
        session.Put("store", store);
        session.Put("snapshotter", SnapshotterFactory.Open(store));
        return store.Instance.Id;
    }

    /// <summary>close [NAME].</summary>
    public static string Close(ChildSession session, string[] arguments)
    {
        session.Get<StoreRoot>(arguments.Length == 0 ? "store" : arguments[0]).Dispose();
        return "";
    }

    /// <summary>reclaimed: ids of the instances that were found dead at open.</summary>
    public static string Reclaimed(ChildSession session, string[] arguments) => string.Join(' ', session.Store.ReclaimedInstances);

    /// <summary>stage NAME FILE…: a staged layer with these files; its directory.</summary>
    public static string Stage(ChildSession session, string[] arguments)
    {
        StagedLayer staged = session.Snapshotter.Stage();
        session.Put(arguments[0], staged);
        Fill(staged.Tree, arguments[1..]);
        return staged.Directory;
    }

    /// <summary>fill NAME FILE…: more files in a staged layer or an active snapshot.</summary>
    public static string Fill(ChildSession session, string[] arguments)
    {
        Fill(Tree(session, arguments[0]), arguments[1..]);
        return "";
    }

    /// <summary>publish NAME: the id of the new layer. A staged layer that could not be published stays under its name.</summary>
    public static string Publish(ChildSession session, string[] arguments)
    {
        StagedLayer staged = session.Get<StagedLayer>(arguments[0]);
        _ = staged.Usage;
        LayerId id = session.Store.Write(staged.Publish);
        session.Take<StagedLayer>(arguments[0]).Dispose();
        return id.ToString();
    }

    /// <summary>layer FILE…: stages and publishes; the id.</summary>
    public static string Layer(ChildSession session, string[] arguments)
    {
        using StagedLayer staged = session.Snapshotter.Stage();
        Fill(staged.Tree, arguments);
        _ = staged.Usage;
        return session.Store.Write(staged.Publish).ToString();
    }

    /// <summary>prepare NAME LAYERS: an active snapshot.</summary>
    public static string Prepare(ChildSession session, string[] arguments)
    {
        session.Put(arguments[0], session.Snapshotter.Prepare(Layers(arguments[1])));
        return "";
    }

    /// <summary>freeze ACTIVE STAGED: an active snapshot becomes a staged layer.</summary>
    public static string Freeze(ChildSession session, string[] arguments)
    {
        using ActiveSnapshot active = session.Take<ActiveSnapshot>(arguments[0]);
        session.Put(arguments[1], active.Freeze(CancellationToken.None));
        return "";
    }

    /// <summary>view NAME LAYERS.</summary>
    public static string View(ChildSession session, string[] arguments)
    {
        session.Put(arguments[0], session.Snapshotter.View(Layers(arguments[1])));
        return "";
    }

    /// <summary>attach NAME: the path of a view or active snapshot.</summary>
    public static string Attach(ChildSession session, string[] arguments) => session.Get<MountedTree>(arguments[0]).Attach();

    /// <summary>diff NAME LOWER UPPER: a staged layer.</summary>
    public static string Diff(ChildSession session, string[] arguments)
    {
        session.Put(arguments[0], session.Snapshotter.Diff(Layers(arguments[1]), Layers(arguments[2]), CancellationToken.None));
        return "";
    }

    /// <summary>read NAME PATH: content of a file of a tree.</summary>
    public static string Read(ChildSession session, string[] arguments) =>
        Encoding.UTF8.GetString(Tree(session, arguments[0]).TryReadFile(arguments[1], 1 << 24)
            ?? throw new FileNotFoundException($"there is no file {arguments[1]}"));

    /// <summary>dispose NAME: ends a view, an active snapshot, a staged layer.</summary>
    public static string Dispose(ChildSession session, string[] arguments)
    {
        session.Take<IDisposable>(arguments[0]).Dispose();
        return "";
    }

    /// <summary>remove LAYER…: in one write turn; how many there were.</summary>
    public static string Remove(ChildSession session, string[] arguments) => Remove(session, arguments, force: false);

    /// <summary>remove-in-use LAYER…: also those that somebody reads.</summary>
    public static string RemoveInUse(ChildSession session, string[] arguments) => Remove(session, arguments, force: true);

    /// <summary>exists LAYER: true or false.</summary>
    public static string Exists(ChildSession session, string[] arguments) =>
        session.Snapshotter.Exists(Layers(arguments[0])[0]) ? "true" : "false";

    /// <summary>query SQL: the rows, columns by bars, rows by newlines.</summary>
    public static string Query(ChildSession session, string[] arguments) => session.Store.Read(connection =>
    {
        using SqliteCommand command = connection.CreateCommand();
#pragma warning disable CA2100 // The test says what it asks.
        command.CommandText = arguments[0];
#pragma warning restore CA2100
        using SqliteDataReader reader = command.ExecuteReader();
        var rows = new List<string>();
        while (reader.Read())
        {
            rows.Add(string.Join('|', Enumerable.Range(0, reader.FieldCount).Select(reader.GetValue)));
        }
        return string.Join('\n', rows);
    });

    /// <summary>write SQL…: statements in one write turn; the number of the transaction.</summary>
    public static string Write(ChildSession session, string[] arguments) => session.Store.Write(transaction =>
    {
        foreach (string sql in arguments)
        {
            transaction.Command(sql).ExecuteNonQuery();
        }
        return transaction.Sequence.ToString(CultureInfo.InvariantCulture);
    });

    /// <summary>note TEXT…: rows of the table notes in one write turn.</summary>
    public static string Note(ChildSession session, string[] arguments)
    {
        session.Store.Write(transaction =>
        {
            foreach (string text in arguments)
            {
                SqliteCommand insert = transaction.Command("INSERT INTO notes VALUES ($text)");
                insert.Parameters.AddWithValue("$text", text);
                insert.ExecuteNonQuery();
            }
        });
        return "";
    }

    /// <summary>seal: makes everything durable.</summary>
    public static string Seal(ChildSession session, string[] arguments)
    {
        session.Store.SealAsync(TimeSpan.FromMinutes(5), CancellationToken.None).GetAwaiter().GetResult();
        return "";
    }

    /// <summary>empty-trash: waits until what this process trashed is gone.</summary>
    public static string EmptyTrash(ChildSession session, string[] arguments)
    {
        session.Store.EmptyTrashAsync(CancellationToken.None).GetAwaiter().GetResult();
        return "";
    }

    /// <summary>turns: number, total and longest time of the write turns of this instance, in milliseconds.</summary>
    public static string Turns(ChildSession session, string[] arguments)
    {
        WriteTurnUsage usage = session.Store.WriteTurns;
        return string.Create(CultureInfo.InvariantCulture, $"{usage.Turns} {usage.Total.TotalMilliseconds} {usage.Longest.TotalMilliseconds}");
    }

    /// <summary>fail POINTS: arms failpoints from here on; no argument ends it.</summary>
    public static string Fail(ChildSession session, string[] arguments)
    {
        Failpoints.Arm(arguments.Length == 0 ? null : arguments[0]);
        return "";
    }

    /// <summary>mark NAME: a place in the recording.</summary>
    public static string Mark(ChildSession session, string[] arguments)
    {
        Recording.Mark(arguments[0]);
        return "";
    }

    /// <summary>spawn PROGRAM ARGUMENT…: a process of its own that nobody waits for; its id.</summary>
    public static string Spawn(ChildSession session, string[] arguments)
    {
        using Process process = Process.Start(new ProcessStartInfo(arguments[0], arguments[1..]))!;
        return process.Id.ToString(CultureInfo.InvariantCulture);
    }

    internal static IReadOnlyList<LayerId> Layers(string list) =>
        [.. list.Split(',', StringSplitOptions.RemoveEmptyEntries).Select(static id => new LayerId(long.Parse(id, CultureInfo.InvariantCulture)))];

    private static string Remove(ChildSession session, string[] layers, bool force) => session.Store.Write(transaction =>
        layers.Count(layer => session.Snapshotter.Remove(transaction, Layers(layer)[0], force)).ToString(CultureInfo.InvariantCulture));

    private static RootedTree Tree(ChildSession session, string name) => session.Get<object>(name) switch
    {
        StagedLayer staged => staged.Tree,
        MountedTree tree => tree.Tree,
        _ => throw new ArgumentException($"'{name}' has no tree"),
    };

    private static void Fill(RootedTree tree, string[] files)
    {
        foreach (string file in files)
        {
            string[] parts = file.Split('=', 2);
            tree.MakeDirectory(TreePath.Split(parts[0]).Directory, 0x1ed, FileOwner.Root, new FileTimes(0), parents: true);
            tree.WriteFile(parts[0], Encoding.UTF8.GetBytes(parts[1]), 0x1a4, FileOwner.Root, new FileTimes(1_700_000_000_000_000_000));
        }
    }
}
