using Cairn.Cache.Refs;
using Cairn.Snapshotter.Store;
using Microsoft.Data.Sqlite;

namespace Cairn.Solver.Sources;

/// <summary>Which ref holds the last sync of a client's directory, and what was in it.</summary>
/// <remarks>A row is a hint: its ref may be gone, and then the directory is read as if for the first time.</remarks>
internal sealed class LocalSyncTable(StoreRoot store, TimeProvider clock)
{
    private const int MaxRows = 256;

    /// <summary>The tables of this folder.</summary>
    public static StoreSchema Schema { get; } = new(
        "solver.sources",
        [
            """
            CREATE TABLE local_syncs (
              shared TEXT NOT NULL,
              filter TEXT NOT NULL,
              ref TEXT NOT NULL,
              manifest BLOB NOT NULL,
              settled INTEGER NOT NULL,
              begun INTEGER NOT NULL,
              used INTEGER NOT NULL,
              PRIMARY KEY (shared, filter)
            ) STRICT
            """,
        ]);

    /// <summary>The last sync with this filter, else the last one of the directory with any; null if there is none.</summary>
    public LocalSyncRow? Find(string shared, string filter) => store.Read(connection =>
    {
        using SqliteCommand command = connection.CreateCommand();
        command.CommandText = """
            SELECT ref, manifest, settled, begun, filter = $filter FROM local_syncs WHERE shared = $shared
            ORDER BY filter = $filter DESC, used DESC LIMIT 1
            """;
        command.Parameters.AddWithValue("$shared", shared);
        command.Parameters.AddWithValue("$filter", filter);
        using SqliteDataReader reader = command.ExecuteReader();
        return reader.Read() && RefId.TryParse(reader.GetString(0), out RefId id)
            ? new LocalSyncRow(id, (byte[])reader.GetValue(1), reader.GetInt64(2) != 0, reader.GetInt64(3), reader.GetInt64(4) != 0)
            : null;
    });

    /// <summary>Remembers a sync; the oldest ones are forgotten.</summary>
    public void Save(string shared, string filter, LocalSyncRow row) => store.Write(transaction =>
    {
        SqliteCommand insert = transaction.Command("""
            INSERT OR REPLACE INTO local_syncs (shared, filter, ref, manifest, settled, begun, used)
            VALUES ($shared, $filter, $ref, $manifest, $settled, $begun, $used)
            """);
        insert.Parameters.AddWithValue("$shared", shared);
        insert.Parameters.AddWithValue("$filter", filter);
        insert.Parameters.AddWithValue("$ref", row.Ref.ToString());
        insert.Parameters.AddWithValue("$manifest", row.Manifest);
        insert.Parameters.AddWithValue("$settled", row.IsSettled ? 1 : 0);
        insert.Parameters.AddWithValue("$begun", row.BegunNanoseconds);
        insert.Parameters.AddWithValue("$used", clock.GetUtcNow().ToUnixTimeMilliseconds());
        insert.ExecuteNonQuery();
        SqliteCommand forget = transaction.Command("""
            DELETE FROM local_syncs WHERE (shared, filter) IN
              (SELECT shared, filter FROM local_syncs ORDER BY used DESC LIMIT -1 OFFSET $rows)
            """);
        forget.Parameters.AddWithValue("$rows", MaxRows);
        forget.ExecuteNonQuery();
    });
}
