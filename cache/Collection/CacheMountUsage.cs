using Cairn.Cache.Refs;
using Cairn.Snapshotter.Store;
using Cairn.Snapshotter.Trees;

namespace Cairn.Cache.Collection;

/// <summary>What cache mounts take, and their removal.</summary>
internal sealed class CacheMountUsage
{
    private readonly StoreRoot _store;
    private readonly ClaimTable _claims;

    public CacheMountUsage(StoreRoot store, ClaimTable claims)
    {
        _store = store;
        _claims = claims;
    }

    /// <summary>All cache mounts; those in use are not measured.</summary>
    public List<UsageRecord> Read()
    {
        List<UsageRecord> records = _store.Read(connection =>
            connection.Query("SELECT id, description, created, last_used, uses FROM cache_mounts ORDER BY created, id")
                .Rows(row => new UsageRecord
                {
                    Id = new RefId(row.GetInt64(0)).ToString(), Description = row.GetString(1), RecordType = RefDescription.CacheMount,
                    Mutable = true, InUse = false, Size = 0, CreatedAt = row.GetInt64(2).ToTime(), LastUsedAt = row.GetInt64(3).ToTime(),
                    UsageCount = row.GetInt64(4),
                }));
        for (int i = 0; i < records.Count; i++)
        {
            string directory = DirectoryOf(records[i]);
            using FileStream? free = CacheMounts.TryLock(directory, exclusive: true);
            records[i] = free is null
                ? records[i] with { InUse = true }
                : records[i] with { Size = Measure(Path.Combine(directory, "fs")) };
        }
        Note(records);
        return records;
    }

    /// <summary>Removes a cache mount unless somebody uses it.</summary>
    public bool TryRemove(UsageRecord record)
    {
        string directory = DirectoryOf(record);
        using FileStream? mine = CacheMounts.TryLock(directory, exclusive: true);
        if (mine is null)
        {
            return false;
        }
        return _claims.Write(transaction =>
        {
            if (transaction.Command("DELETE FROM cache_mounts WHERE id = $id").With("$id", IdOf(record)).ExecuteNonQuery() == 0)
            {
                return false;
            }
            transaction.Trash(directory);
            return true;
        });
    }

    private static long IdOf(UsageRecord record) => RefId.TryParse(record.Id, out RefId id) ? id.Value : 0;

    // Bytes set aside, each inode once.
    private static long Measure(string directory)
    {
        using RootedTree tree = RootedTree.Open(directory);
        using var walk = new TreeWalk(tree, TreePath.Root);
        HashSet<ulong> seen = [];
        long bytes = 0;
        while (walk.MoveNext())
        {
            FileStatus status = walk.Current.Status;
            if (status.IsDirectory || status.LinkCount < 2 || seen.Add(status.Inode))
            {
                bytes += status.AllocatedBytes;
            }
        }
        return bytes;
    }

    private string DirectoryOf(UsageRecord record) => CacheMounts.DirectoryOf(_store, IdOf(record));

    private void Note(List<UsageRecord> records)
    {
        if (records.Exists(record => !record.InUse))
        {
            _claims.Write(transaction =>
            {
                foreach (UsageRecord record in records.Where(record => !record.InUse))
                {
                    transaction.Command("UPDATE cache_mounts SET bytes = $bytes WHERE id = $id")
                        .With("$bytes", record.Size).With("$id", IdOf(record)).ExecuteNonQuery();
                }
                return true;
            });
        }
    }
}
