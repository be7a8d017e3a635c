using System.Runtime.CompilerServices;
using Microsoft.Data.Sqlite;

namespace Cairn.Cache;

/// <summary>Prepared statements on the store's pooled reader connections, and short forms for parameters and columns.</summary>
internal static class Statements
{
    // A pooled connection is used by one caller at a time, so its dictionary needs no lock of its own.
    private static readonly ConditionalWeakTable<SqliteConnection, Dictionary<string, SqliteCommand>> Prepared = [];

    /// <summary>A statement prepared once per reader connection; never disposed by the caller.</summary>
    public static SqliteCommand Query(this SqliteConnection connection, string sql)
    {
        Dictionary<string, SqliteCommand> statements = Prepared.GetOrCreateValue(connection);
        if (!statements.TryGetValue(sql, out SqliteCommand? command))
        {
            command = connection.CreateCommand();
#pragma warning disable CA2100 // Every text is a constant of this room.
            command.CommandText = sql;
#pragma warning restore CA2100
            statements.Add(sql, command);
        }
        return command;
    }

    /// <summary>Sets one parameter; null is SQL's NULL.</summary>
    public static SqliteCommand With(this SqliteCommand command, string name, object? value)
    {
        int index = command.Parameters.IndexOf(name);
        if (index < 0)
        {
            command.Parameters.AddWithValue(name, value ?? DBNull.Value);
        }
        else
        {
            SqliteParameter parameter = command.Parameters[index];
            parameter.ResetSqliteType();
            parameter.Value = value ?? DBNull.Value;
        }
        return command;
    }

    /// <summary>Runs the statement and gives each row to <paramref name="read"/>.</summary>
    public static List<T> Rows<T>(this SqliteCommand command, Func<SqliteDataReader, T> read)
    {
        List<T> rows = [];
        using SqliteDataReader reader = command.ExecuteReader();
        while (reader.Read())
        {
            rows.Add(read(reader));
        }
        return rows;
    }

    /// <summary>The first column of the first row, or null if there is no row or it is NULL.</summary>
    public static long? Number(this SqliteCommand command) => command.ExecuteScalar() is long value ? value : null;

    /// <summary>A text column that may be NULL.</summary>
    public static string? Text(this SqliteDataReader reader, int column) => reader.IsDBNull(column) ? null : reader.GetString(column);

    /// <summary>An integer column that may be NULL.</summary>
    public static long? Integer(this SqliteDataReader reader, int column) => reader.IsDBNull(column) ? null : reader.GetInt64(column);

    /// <summary>Nanoseconds since 1970, the form of every time in these tables.</summary>
    public static long ToNanoseconds(this DateTimeOffset time) => (time - DateTimeOffset.UnixEpoch).Ticks * 100;

    /// <summary>The time of a column; rounded to 100 nanoseconds.</summary>
    public static DateTimeOffset ToTime(this long nanoseconds) => DateTimeOffset.UnixEpoch.AddTicks(nanoseconds / 100);
}
