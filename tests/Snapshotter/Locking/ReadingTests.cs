using System.Globalization;
using Cairn.Llb;
using Cairn.Snapshotter.Layers;
using Cairn.Snapshotter.Store;
using Cairn.Snapshotter.Tests.Support;
using Cairn.Tests.Harness;
using Microsoft.Data.Sqlite;
using Xunit;

namespace Cairn.Snapshotter.Tests.Locking;

/// <summary>Readers beside writers, in one process and in several.</summary>
public sealed class ReadingTests : IDisposable
{
    private static readonly StoreSchema Chains = new("chains", [
        """
        CREATE TABLE chains (
            id     INTEGER PRIMARY KEY,
            parent INTEGER REFERENCES chains (id),
            name   TEXT NOT NULL UNIQUE
        ) STRICT;
        CREATE TABLE totals (rows INTEGER NOT NULL) STRICT;
        INSERT INTO totals VALUES (0);
        """,
    ]);

    private readonly TemporaryDirectory _directory = new();

    private StoreOptions Options => new() { Root = _directory["root"], RunRoot = _directory["run"] };

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task LCK_01_Every_enumeration_beside_writers_is_consistent()
    {
        using StoreRoot store = StoreRoot.Open(Options, [StoreCommands.Notes, Chains]);
        string done = _directory["done"];
        using ChildProcess child = Open();
        child.Send("chains-until", done, "child");
        using var time = new CancellationTokenSource(Soak.Choose(TimeSpan.FromSeconds(3), TimeSpan.FromSeconds(60)));
        long enumerations = 0;
        long changes = 0;
        Task[] readers = [.. Enumerable.Range(0, 32).Select(_ => Task.Run(
            () =>
            {
                do
                {
                    Enumerate(store);
                    Interlocked.Increment(ref enumerations);
                }
                while (!time.IsCancellationRequested);
            },
            CancellationToken.None))];
        Task[] writers = [.. Enumerable.Range(0, 4).Select(w => Task.Run(
            () =>
            {
                for (int i = 0; !time.IsCancellationRequested; i++)
                {
                    LockingCommands.Chain(store, $"{w}-{i}", i % 2 == 1 ? $"{w}-{i - 1}" : null);
                    Interlocked.Increment(ref changes);
                }
            },
            CancellationToken.None))];
        await Task.WhenAll([.. readers, .. writers]);
        File.WriteAllText(done, "");
        long others = long.Parse(child.Answer(), CultureInfo.InvariantCulture);
        Assert.True(changes > 0 && others > 0);
        Soak.Note("enumerations beside writers", enumerations, 0, ("changes here", changes), ("changes of the other process", others));
    }

    [Fact]
    public void LCK_02_Reading_an_unchanged_store_takes_no_exclusive_lock_and_lists_nothing()
    {
        using (ChildProcess child = ChildProcess.Start(new ChildOptions { Trace = "flock,fcntl,getdents64,pread64,openat,newfstatat" }))
        {
            child.Do("open", Options.Root, Options.RunRoot);
            child.Do("read-many", "10");
            child.Do("empty-trash");   // what opening has left to delete
            child.Do("mark", "begin");
            child.Do("read-many", "1000");
            child.Do("mark", "end");
            child.Do("close");
            Recording calls = child.ExitAndRead().Between("begin", "end");
            Assert.Empty(calls.Of("flock"));
            Assert.Empty(calls.Of("getdents64"));
            Assert.Empty(calls.Of("pread64", "/root/"));   // nothing is loaded again
            Assert.Empty(calls.Of("openat", "/root/"));
            Assert.DoesNotContain(calls.Of("fcntl"), static call => call.Arguments.Contains("F_WRLCK", StringComparison.Ordinal));
        }
        using ChildProcess quick = Open();
        int reads = Soak.Choose(20_000, 100_000);
        double median = double.Parse(quick.Do("read-many", $"{reads}"), CultureInfo.InvariantCulture);
        Soak.Note("starts of a read without a change", reads, 0, ("median microseconds", median));
    }

    [Fact]
    public void LCK_03_What_another_process_has_committed_is_seen_at_once_also_when_it_is_gone()
    {
        using StoreRoot store = StoreRoot.Open(Options, [StoreCommands.Notes]);
        for (int i = 0; i < Soak.Choose(6, 60); i++)
        {
            Assert.Equal($"{i}", StoreChecks.Scalar(store, "SELECT count(*) FROM notes"));
            using ChildProcess child = Open();
            child.Do("note", $"{i}");
            if (i % 2 == 0)
            {
                child.Kill();
            }
            else
            {
                child.Do("close");
                child.Exit();
            }
            Assert.Equal($"{i}", StoreChecks.Scalar(store, "SELECT text FROM notes ORDER BY rowid DESC LIMIT 1"));
        }
    }

    [Fact]
    public void LCK_04_Sixty_four_readers_of_a_changed_store_see_the_change_and_load_nothing_twice()
    {
        using ChildProcess child = ChildProcess.Start(new ChildOptions { Trace = "flock,getdents64,pread64" });
        child.Do("open", Options.Root, Options.RunRoot);
        Assert.Equal("0", child.Do("read-together", "64"));
        using (ChildProcess other = Open())
        {
            other.Do("note", "new");
        }
        child.Do("mark", "begin");
        Assert.Equal("1", child.Do("read-together", "64"));
        child.Do("mark", "end");
        child.Do("close");
        Recording calls = child.ExitAndRead().Between("begin", "end");
        // What changed is in memory that the processes share; a connection reads the pages it lacks, once, and nothing is rebuilt.
        Assert.Empty(calls.Of("flock"));
        Assert.Empty(calls.Of("getdents64"));
        Assert.InRange(calls.Of("pread64", "/root/cairn.db").Count, 0, 64 * 20);
        int before = calls.Of("pread64", "/root/cairn.db").Count;
        Soak.Note("readers that found a change at the same moment", 64, 0, ("pages read", before));
    }

    [Fact]
    public void LCK_05_A_row_whose_files_are_gone_is_an_error_at_once()
    {
        using var test = new TestStore("overlay");
        LayerId layer = test.Layer([], "echo x > f");
        Directory.Move(Path.Combine(test.Store.Root, "layers", $"{layer}"), _directory["taken"]);
        long turns = test.Store.WriteTurns.Turns;
        BuildException error = Assert.Throws<BuildException>(() => test.Snapshotter.View([layer]));
        Assert.Contains($"{layer}", error.Message, StringComparison.Ordinal);
        Assert.False(test.Snapshotter.Exists(layer));
        Assert.Equal(turns, test.Store.WriteTurns.Turns);   // a reader repairs nothing and tries nothing twice
    }

    [Theory]
    [InlineData("truncate")]
    [InlineData("zeros")]
    [InlineData("garbage")]
    [InlineData("an older copy")]
    public void LCK_16_A_database_that_somebody_overwrites_gives_a_whole_state_or_an_error(string change)
    {
        string file = Path.Combine(Options.Root, "cairn.db");
        using (ChildProcess maker = Open())
        {
            maker.Do("numbered-notes", "0", "300");
            maker.Do("close");
            maker.Exit();
        }
        MoveLogIntoDatabase(file);
        File.Copy(file, _directory["older"]);
        using ChildProcess reader = Open();
        reader.Do("numbered-notes", "300", "300");
        Assert.Equal("600", reader.Do("sum-notes"));
        MoveLogIntoDatabase(file);
        using ChildProcess cold = Open();   // has nothing in its memory
        switch (change)
        {
            case "truncate":
                using (FileStream database = File.OpenWrite(file))
                {
                    database.SetLength(database.Length / 2);
                }
                break;
            case "an older copy":
                File.Copy(_directory["older"], file, overwrite: true);
                break;
            default:
                using (FileStream database = File.OpenWrite(file))
                {
                    byte[] page = new byte[4096];
                    for (database.Position = 4096 * 3; database.Position < database.Length;)
                    {
                        if (change == "garbage")
                        {
                            Soak.Random().NextBytes(page);
                        }
                        database.Write(page);
                    }
                }
                break;
        }
        int errors = 0;
        foreach (ChildProcess child in (ChildProcess[])[reader, cold])
        {
            for (int i = 0; i < 3; i++)
            {
                try
                {
                    Assert.Contains(child.Do("sum-notes"), (string[])["300", "600"]);
                }
                catch (ChildException e)
                {
                    Assert.Equal("BuildException", e.Kind);   // not torn, and the process lives
                    errors++;
                }
            }
            Assert.False(child.HasExited);
        }
        Soak.Note("readings of a database that somebody overwrote: " + change, 6, 0, ("errors", errors));
    }

    private static void Enumerate(StoreRoot store) => store.Read(static connection =>
    {
        using SqliteCommand select = connection.CreateCommand();
        select.CommandText = "SELECT id, parent, name FROM chains";
        var rows = new Dictionary<long, long?>();
        var names = new HashSet<string>(StringComparer.Ordinal);
        using (SqliteDataReader reader = select.ExecuteReader())
        {
            while (reader.Read())
            {
                rows.Add(reader.GetInt64(0), reader.IsDBNull(1) ? null : reader.GetInt64(1));
                Assert.True(names.Add(reader.GetString(2)));
            }
        }
        Assert.All(rows.Values, parent => Assert.True(parent is not { } id || rows.ContainsKey(id)));
        using SqliteCommand total = connection.CreateCommand();
        total.CommandText = "SELECT rows FROM totals";
        Assert.Equal(rows.Count, (long)total.ExecuteScalar()!);
        return true;
    });

    // In this process, which has no store open there: closing a file ends the locks that SQLite has on it.
    private static void MoveLogIntoDatabase(string file)
    {
        using var connection = new SqliteConnection($"Data Source={file};Pooling=False");
        connection.Open();
        using SqliteCommand checkpoint = connection.CreateCommand();
        checkpoint.CommandText = "PRAGMA wal_checkpoint(TRUNCATE)";
        checkpoint.ExecuteNonQuery();
    }

    private ChildProcess Open()
    {
        ChildProcess child = ChildProcess.Start();
        child.Do("open", Options.Root, Options.RunRoot);
        return child;
    }
}
