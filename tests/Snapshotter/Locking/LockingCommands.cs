using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Cairn.Snapshotter.Layers;
using Cairn.Snapshotter.Store;
using Cairn.Snapshotter.Trees;
using Cairn.Tests.Harness;
using Microsoft.Data.Sqlite;

namespace Cairn.Snapshotter.Tests.Locking;

/// <summary>Commands that read, mount and take locks in odd ways.</summary>
[ChildCommands]
internal static class LockingCommands
{
    /// <summary>read-many N: counts the notes so often; the median time in microseconds.</summary>
    public static string ReadMany(ChildSession session, string[] arguments)
    {
        double[] times = new double[int.Parse(arguments[0], CultureInfo.InvariantCulture)];
        for (int i = 0; i < times.Length; i++)
        {
            long start = Stopwatch.GetTimestamp();
            session.Store.Read(static connection => connection.Handle is null);
            times[i] = Stopwatch.GetElapsedTime(start).TotalMicroseconds;
            CountNotes(session.Store);
        }
        Array.Sort(times);
        return times[times.Length / 2].ToString(CultureInfo.InvariantCulture);
    }

    /// <summary>read-together N: so many threads count the notes at the same moment; their distinct answers.</summary>
    public static string ReadTogether(ChildSession session, string[] arguments)
    {
        int count = int.Parse(arguments[0], CultureInfo.InvariantCulture);
        using var together = new Barrier(count);
        long[] found = new long[count];
        Thread[] threads = [.. Enumerable.Range(0, count).Select(i => new Thread(() =>
        {
            together.SignalAndWait();
            found[i] = CountNotes(session.Store);
        }))];
        Array.ForEach(threads, static thread => thread.Start());
        Array.ForEach(threads, static thread => thread.Join());
        return string.Join(' ', found.Distinct().Order());
    }

    /// <summary>nest-turns FIRST SECOND: takes the write turn of one store in that of another.</summary>
    public static string NestTurns(ChildSession session, string[] arguments)
    {
        StoreRoot second = session.Get<StoreRoot>(arguments[1]);
        session.Get<StoreRoot>(arguments[0]).Write(_ => second.Write(static transaction => transaction.Sequence));
        return "";
    }

    /// <summary>notes-in-turns N: a note in each of so many turns.</summary>
    public static string NotesInTurns(ChildSession session, string[] arguments)
    {
        for (int i = int.Parse(arguments[0], CultureInfo.InvariantCulture); i > 0; i--)
        {
            StoreCommands.Note(session, [$"{i}"]);
        }
        return "";
    }

    /// <summary>seal-in-turn: asks for the disk while others wait for the turn.</summary>
    public static string SealInTurn(ChildSession session, string[] arguments)
    {
        session.Store.Write(_ => session.Store.SealAsync(TimeSpan.FromMinutes(1), CancellationToken.None).GetAwaiter().GetResult());
        return "";
    }

    /// <summary>chains-until FILE NAME: adds and deletes chains of five in the table chains until the file is there; how many.</summary>
    public static string ChainsUntil(ChildSession session, string[] arguments)
    {
        int rounds = 0;
        for (; !File.Exists(arguments[0]); rounds++)
        {
            Chain(session.Store, $"{arguments[1]}-{rounds}", delete: rounds % 2 == 1 ? $"{arguments[1]}-{rounds - 1}" : null);
        }
        return rounds.ToString(CultureInfo.InvariantCulture);
    }

    /// <summary>One write turn: a chain of five more, and perhaps one less; the total says how many rows there are.</summary>
    internal static void Chain(StoreRoot store, string name, string? delete) => store.Write(transaction =>
    {
        object parent = DBNull.Value;
        for (int i = 0; i < 5; i++)
        {
            SqliteCommand insert = transaction.Command("INSERT INTO chains (parent, name) VALUES ($parent, $name) RETURNING id");
            insert.Parameters.AddWithValue("$parent", parent);
            insert.Parameters.AddWithValue("$name", $"{name}/{i}");
            parent = insert.ExecuteScalar()!;
        }
        int change = 5;
        if (delete is not null)
        {
            for (int i = 4; i >= 0; i--)
            {
                SqliteCommand remove = transaction.Command("DELETE FROM chains WHERE name = $name");
                remove.Parameters.AddWithValue("$name", $"{delete}/{i}");
                change -= remove.ExecuteNonQuery();
            }
        }
        SqliteCommand total = transaction.Command("UPDATE totals SET rows = rows + $change");
        total.Parameters.AddWithValue("$change", change);
        total.ExecuteNonQuery();
    });

    /// <summary>view-rounds LAYER N: looks at a layer through a mount with a path so often.</summary>
    public static string ViewRounds(ChildSession session, string[] arguments)
    {
        IReadOnlyList<LayerId> layers = StoreCommands.Layers(arguments[0]);
        for (int i = 0; i < int.Parse(arguments[1], CultureInfo.InvariantCulture); i++)
        {
            using SnapshotView view = session.Snapshotter.View(layers);
            string path = view.Attach();
            if (File.ReadAllText(Path.Combine(path, "f")) != "content")
            {
                throw new InvalidDataException($"round {i} does not see the layer");
            }
        }
        return "";
    }

    /// <summary>
    /// density N: so many snapshots made, mounted, unmounted and removed. Of each mount the milliseconds, and those in which it was not waiting
    /// for a processor; and how often a mount took the write turn.
    /// </summary>
    public static string Density(ChildSession session, string[] arguments)
    {
        var times = new List<string>();
        long turns = 0;
        for (int i = 0; i < int.Parse(arguments[0], CultureInfo.InvariantCulture); i++)
        {
            LayerId layer;
            using (StagedLayer staged = session.Snapshotter.Stage())
            {
                staged.Tree.WriteFile("/f", "content"u8, 0x1a4, FileOwner.Root, null);
                _ = staged.Usage;
                layer = session.Store.Write(staged.Publish);
            }
            long before = session.Store.WriteTurns.Turns;
            double queued = MillisecondsWithoutProcessor();
            var time = Stopwatch.StartNew();
            using (SnapshotView view = session.Snapshotter.View([layer]))
            {
                string path = view.Attach();
                double taken = time.Elapsed.TotalMilliseconds;
                queued = MillisecondsWithoutProcessor() - queued;
                times.Add(string.Create(CultureInfo.InvariantCulture, $"{taken} {Math.Max(0, taken - queued)}"));
                _ = File.ReadAllText(Path.Combine(path, "f"));
            }
            turns += session.Store.WriteTurns.Turns - before;
            session.Store.Write(transaction => session.Snapshotter.Remove(transaction, layer, force: false));
        }
        return $"{turns} {string.Join(' ', times)}";
    }

    // The kernel counts how long a thread could have run and did not.
    private static double MillisecondsWithoutProcessor() =>
        long.Parse(File.ReadAllText("/proc/thread-self/schedstat").Split(' ')[1], CultureInfo.InvariantCulture) / 1e6;

    /// <summary>sum-notes: "N HASH" of the numbered notes, each checked; an error if one is torn.</summary>
    public static string SumNotes(ChildSession session, string[] arguments) => session.Store.Read(static connection =>
    {
        using SqliteCommand select = connection.CreateCommand();
        select.CommandText = "SELECT text FROM notes ORDER BY rowid";
        using SqliteDataReader reader = select.ExecuteReader();
        int count = 0;
        while (reader.Read())
        {
            if (reader.GetString(0) != NumberedNote(count))
            {
                throw new InvalidDataException($"note {count} is torn");
            }
            count++;
        }
        return count.ToString(CultureInfo.InvariantCulture);
    });

    /// <summary>numbered-notes FIRST COUNT: notes that can be checked.</summary>
    public static string NumberedNotes(ChildSession session, string[] arguments) => StoreCommands.Note(
        session,
        [.. Enumerable.Range(int.Parse(arguments[0], CultureInfo.InvariantCulture), int.Parse(arguments[1], CultureInfo.InvariantCulture))
            .Select(NumberedNote)]);

    private static string NumberedNote(int number) =>
        $"{number} " + string.Concat(Enumerable.Repeat(Convert.ToHexString(SHA256.HashData(Encoding.ASCII.GetBytes($"{number}"))), 8));

    private static long CountNotes(StoreRoot store) => store.Read(static connection =>
    {
        using SqliteCommand command = connection.CreateCommand();
        command.CommandText = "SELECT count(*) FROM notes";
        return (long)command.ExecuteScalar()!;
    });
}
