using Cairn.Llb;
using Cairn.Snapshotter.Store;
using Cairn.Snapshotter.Tests.Support;
using Cairn.Tests.Harness;
using Microsoft.Data.Sqlite;
using Xunit;

namespace Cairn.Snapshotter.Tests.Store;

public sealed class StoreRootTests : IDisposable
{
    private static readonly StoreSchema Notes = new("notes", ["CREATE TABLE notes (text TEXT NOT NULL) STRICT;"]);

    private readonly TemporaryDirectory _directory = new();

    private StoreOptions Options => new() { Root = _directory["root"], RunRoot = _directory["run"] };

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void What_is_written_is_there_when_the_store_is_opened_again()
    {
        string id;
        using (StoreRoot store = StoreRoot.Open(Options, [Notes]))
        {
            id = store.StoreId;
            Add(store, "one");
        }
        using StoreRoot again = StoreRoot.Open(Options, [Notes]);
        Assert.Equal(id, again.StoreId);
        Assert.Equal(["one"], Read(again));
        Assert.Empty(again.ReclaimedInstances);
    }

    [Fact]
    public void A_failed_write_leaves_neither_rows_nor_renames()
    {
        using StoreRoot store = StoreRoot.Open(Options, [Notes]);
        using StagingDirectory staged = store.Stage("test");
        string final = Path.Combine(store.Root, "layers", "x");
        string doomed = Path.Combine(store.Root, "layers", "y");
        Directory.CreateDirectory(doomed);
        Assert.Throws<InvalidOperationException>(() => store.Write(transaction =>
        {
            transaction.Command("INSERT INTO notes VALUES ('lost')").ExecuteNonQuery();
            transaction.Publish(staged.Path, final);
            transaction.Trash(doomed);
            throw new InvalidOperationException("no");
        }));
        Assert.Empty(Read(store));
        Assert.True(Directory.Exists(staged.Path));
        Assert.True(Directory.Exists(doomed));
        Assert.False(Directory.Exists(final));
    }

    [Fact]
    public async Task Garbage_under_a_final_name_gives_way()
    {
        using StoreRoot store = StoreRoot.Open(Options, [Notes]);
        using StagingDirectory staged = store.Stage("test");
        File.WriteAllText(Path.Combine(staged.Path, "new"), "");
        string final = Path.Combine(store.Root, "layers", "x");
        Directory.CreateDirectory(final);
        File.WriteAllText(Path.Combine(final, "left by a crash"), "");
        store.Write(transaction => transaction.Publish(staged.Path, final));
        await store.EmptyTrashAsync(TestContext.Current.CancellationToken);
        Assert.Equal(["new"], Directory.GetFiles(final).Select(Path.GetFileName));
        Assert.Empty(Directory.GetFileSystemEntries(Path.Combine(store.Root, "trash")));
    }

    [Fact]
    public void Sequence_numbers_grow_across_openings()
    {
        long first;
        using (StoreRoot store = StoreRoot.Open(Options, []))
        {
            first = store.Write(static transaction => transaction.Sequence);
        }
        using StoreRoot again = StoreRoot.Open(Options, []);
        Assert.Equal(first + 1, again.Write(static transaction => transaction.Sequence));
    }

    [Fact]
    public void Writers_of_several_openings_take_turns()
    {
        using StoreRoot one = StoreRoot.Open(Options, [Notes]);
        using StoreRoot two = StoreRoot.Open(Options, [Notes]);
        Parallel.For(0, 200, i => Add(i % 2 == 0 ? one : two, $"{i}"));
        Assert.Equal(200, Read(one).Count);
        Assert.Equal(100, two.WriteTurns.Turns);
    }

    [Fact]
    public void A_migration_runs_once_and_only_what_is_missing()
    {
        using (StoreRoot store = StoreRoot.Open(Options, [Notes]))
        {
            Add(store, "old");
        }
        StoreSchema newer = Notes with { Migrations = [.. Notes.Migrations, "ALTER TABLE notes ADD COLUMN extra TEXT;"] };
        using (StoreRoot.Open(Options, [newer]))
        {
        }
        using (StoreRoot store = StoreRoot.Open(Options, [newer]))
        {
            Assert.Equal(["old"], Read(store));
        }
        var error = Assert.Throws<BuildException>(() => StoreRoot.Open(Options, [Notes]));
        Assert.Contains("the tables of notes have version 2", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_store_of_a_newer_program_is_refused_and_left_alone()
    {
        using (StoreRoot store = StoreRoot.Open(Options, []))
        {
            store.Write(static transaction => transaction.Command("UPDATE store SET format = 99").ExecuteNonQuery());
        }
        string before = Shell.Run("ls -R root", _directory.Path);
        var error = Assert.Throws<BuildException>(() => StoreRoot.Open(Options, []));
        Assert.Contains("format 99", error.Message, StringComparison.Ordinal);
        Assert.Equal(ErrorKind.Environment, error.Kind);
        Assert.Equal(before, Shell.Run("ls -R root", _directory.Path));
    }

    [Fact]
    public void A_damaged_index_is_named()
    {
        Directory.CreateDirectory(_directory["root"]);
        File.WriteAllText(_directory["root/cairn.db"], new string('x', 5000));
        var error = Assert.Throws<BuildException>(() => StoreRoot.Open(Options, []));
        Assert.Contains("its index is damaged", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_instance_lives_until_it_is_closed()
    {
        using StoreRoot watcher = StoreRoot.Open(Options, []);
        string id;
        using (StoreRoot store = StoreRoot.Open(Options, []))
        {
            id = store.Instance.Id;
            Assert.True(watcher.IsInstanceAlive(id));
            Assert.True(store.IsInstanceAlive(id));
            Assert.True(Directory.Exists(store.Instance.RunDirectory));
        }
        Assert.False(watcher.IsInstanceAlive(id));
        Assert.False(watcher.IsInstanceAlive("../../etc"));
    }

    [Fact]
    public async Task Sealing_covers_what_was_written()
    {
        using StoreRoot store = StoreRoot.Open(Options, [Notes]);
        Add(store, "x");
        await store.SealAsync(TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken);
        Assert.True(store.Read(static connection => Number(connection, "SELECT sealed = sequence FROM store")) == 1);
    }

    [Fact]
    public void Reading_cannot_write_or_end_its_own_transaction()
    {
        using StoreRoot store = StoreRoot.Open(Options, [Notes]);
        Assert.Throws<BuildException>(() => Run(store, "INSERT INTO notes VALUES ('x')"));
        Assert.Throws<BuildException>(() => Run(store, "BEGIN"));
        var error = Assert.Throws<BuildException>(() => Run(store, "COMMIT"));
        Assert.Contains("the read transaction was ended", error.Message, StringComparison.Ordinal);
        Add(store, "still writable");
        Assert.Equal(["still writable"], Read(store));
    }

    [Fact]
    public void One_reading_sees_one_state()
    {
        using StoreRoot store = StoreRoot.Open(Options, [Notes]);
        store.Read(connection =>
        {
            Assert.Equal(0, Number(connection, "SELECT count(*) FROM notes"));
            Add(store, "meanwhile");
            Assert.Equal(0, Number(connection, "SELECT count(*) FROM notes"));
            return true;
        });
        Assert.Equal(["meanwhile"], Read(store));
    }

    [Fact]
    public async Task Each_way_of_being_gone_is_reclaimed_after_a_kill()
    {
        using ChildProcess child = ChildProcess.Start();
        string instance = child.Do("open", _directory["root"], _directory["run"]);
        string layer = child.Do("layer", "/f=published");
        child.Do("prepare", "active", layer);
        child.Do("fill", "active", "/g=never published");
        child.Do("attach", "active");
        child.Do("stage", "staged", "/h=never published");
        Directory.CreateDirectory(_directory[$"root/trash/{instance}-left/i"]);

        using (StoreRoot beside = StoreRoot.Open(Options, []))
        {
            Assert.Empty(beside.ReclaimedInstances);   // it lives, so nothing of it is touched
            Assert.True(beside.IsInstanceAlive(instance));
        }
        child.Kill();

        var dead = new List<string>();
        using StoreRoot store = StoreRoot.Open(Options with { OnDeadInstance = gone => dead.Add(gone.Id) }, []);
        await store.EmptyTrashAsync(TestContext.Current.CancellationToken);
        Assert.Equal([instance], store.ReclaimedInstances);
        Assert.Equal([instance], dead);
        Assert.Empty(Directory.GetFileSystemEntries(Path.Combine(store.Root, "staging")));
        Assert.Empty(Directory.GetFileSystemEntries(Path.Combine(store.Root, "trash")));
        Assert.Equal([store.Instance.Id], Directory.GetFiles(Path.Combine(store.Root, "instances")).Select(Path.GetFileName));
        Assert.Equal([store.Instance.RunDirectory], Directory.GetDirectories(Path.GetDirectoryName(store.Instance.RunDirectory)!));
        Assert.DoesNotContain(_directory.Path, File.ReadAllText("/proc/self/mountinfo"), StringComparison.Ordinal);
        Assert.Equal(1, store.Read(static connection => Number(connection, "SELECT count(*) FROM layers")));
        Assert.Single(Directory.GetDirectories(Path.Combine(store.Root, "layers")));   // what was published is still there
    }

    private static void Add(StoreRoot store, string text) => store.Write(transaction =>
    {
        SqliteCommand insert = transaction.Command("INSERT INTO notes VALUES ($text)");
        insert.Parameters.AddWithValue("$text", text);
        insert.ExecuteNonQuery();
    });

    private static int Run(StoreRoot store, string sql) => store.Read(connection =>
    {
        using SqliteCommand command = connection.CreateCommand();
        command.CommandText = sql;
        return command.ExecuteNonQuery();
    });

    private static List<string> Read(StoreRoot store) => store.Read(static connection =>
    {
        using SqliteCommand select = connection.CreateCommand();
        select.CommandText = "SELECT text FROM notes ORDER BY rowid";
        using SqliteDataReader reader = select.ExecuteReader();
        var texts = new List<string>();
        while (reader.Read())
        {
            texts.Add(reader.GetString(0));
        }
        return texts;
    });

    private static long Number(SqliteConnection connection, string sql)
    {
        using SqliteCommand command = connection.CreateCommand();
        command.CommandText = sql;
        return (long)command.ExecuteScalar()!;
    }
}
