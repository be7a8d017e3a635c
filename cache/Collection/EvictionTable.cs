using Cairn.Cache.Refs;
using Cairn.Snapshotter.Store;

namespace Cairn.Cache.Collection;

/// <summary>Which records were removed, when and by which rule; only the last of them.</summary>
internal static class EvictionTable
{
    private const int MaxRows = 10_000;

    /// <summary>SQL of the table.</summary>
    public const string Schema = """
        CREATE TABLE evictions (
          number INTEGER PRIMARY KEY AUTOINCREMENT,
          ref INTEGER NOT NULL,
          removed INTEGER NOT NULL,
          rule TEXT NOT NULL
        ) STRICT;
        CREATE INDEX evictions_by_ref ON evictions(ref);
        """;

    /// <summary>Notes records that go with this transaction.</summary>
    public static void Note(WriteTransaction transaction, IEnumerable<long> refs, string rule, DateTimeOffset now)
    {
        foreach (long id in refs)
        {
            transaction.Command("INSERT INTO evictions(ref, removed, rule) VALUES ($ref, $now, $rule)")
                .With("$ref", id).With("$now", now.ToNanoseconds()).With("$rule", rule).ExecuteNonQuery();
        }
        transaction.Command("DELETE FROM evictions WHERE number <= (SELECT max(number) FROM evictions) - $rows")
            .With("$rows", MaxRows).ExecuteNonQuery();
    }

    /// <summary>When and why a record went; null if it is here, was never here, or went too long ago.</summary>
    public static Eviction? Find(StoreRoot store, RefId id) => store.Read(connection =>
        connection.Query("SELECT removed, rule FROM evictions WHERE ref = $ref ORDER BY number DESC LIMIT 1").With("$ref", id.Value)
            .Rows(row => new Eviction(row.GetInt64(0).ToTime(), row.GetString(1)))
            .FirstOrDefault());
}
