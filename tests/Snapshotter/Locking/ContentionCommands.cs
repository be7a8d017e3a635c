using System.Diagnostics;
using System.Globalization;
using Cairn.Tests.Harness;
using Microsoft.Data.Sqlite;

namespace Cairn.Snapshotter.Tests.Locking;

/// <summary>Commands of processes that want one lock at the same time.</summary>
[ChildCommands]
internal static class ContentionCommands
{
    /// <summary>write-until FILE MILLISECONDS: turns that last so long, without a pause between, until the file is there; their number.</summary>
    public static string WriteUntil(ChildSession session, string[] arguments)
    {
        double hold = double.Parse(arguments[1], CultureInfo.InvariantCulture);
        int turns = 0;
        for (; !File.Exists(arguments[0]); turns++)
        {
            session.Store.Write(transaction =>
            {
                var time = Stopwatch.StartNew();
                while (time.Elapsed.TotalMilliseconds < hold)
                {
                    Thread.SpinWait(100);
                }
            });
        }
        return turns.ToString(CultureInfo.InvariantCulture);
    }

    /// <summary>wait-for-turns N: the longest wait for a write turn, in milliseconds, and the most turns of others during one.</summary>
    public static string WaitForTurns(ChildSession session, string[] arguments)
    {
        double longest = 0;
        long most = 0;
        session.Store.Write(static transaction => transaction.Sequence);   // what is compiled at the first use is not waiting
        for (int i = 0; i < int.Parse(arguments[0], CultureInfo.InvariantCulture); i++)
        {
            long last = session.Store.Read(static connection => Sequence(connection));
            var time = Stopwatch.StartNew();
            session.Store.Write(transaction =>
            {
                longest = Math.Max(longest, time.Elapsed.TotalMilliseconds);
                most = Math.Max(most, transaction.Sequence - last - 1);
            });
        }
        return string.Create(CultureInfo.InvariantCulture, $"{longest} {most}");
    }

    private static long Sequence(SqliteConnection connection)
    {
        using SqliteCommand command = connection.CreateCommand();
        command.CommandText = "SELECT sequence FROM store";
        return (long)command.ExecuteScalar()!;
    }
}
