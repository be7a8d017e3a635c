using Cairn.Snapshotter.Store;
using Microsoft.Data.Sqlite;

namespace Cairn.Solver.History;

/// <summary>The rows of recorded builds, of the file lists that they share, and of filesystems of failed steps.</summary>
/// <remarks>Times are microseconds since 1970.</remarks>
internal static class HistoryTable
{
    /// <summary>The tables of this folder.</summary>
    public static StoreSchema Schema { get; } = new(
        "solver.history",
        [
            """
            CREATE TABLE builds (
              id TEXT PRIMARY KEY,
              name TEXT NOT NULL,
              context TEXT NOT NULL,
              file TEXT NOT NULL,
              target TEXT NOT NULL,
              status INTEGER NOT NULL,
              instance TEXT NOT NULL,
              created INTEGER NOT NULL,
              completed INTEGER,
              steps INTEGER NOT NULL,
              cached INTEGER NOT NULL,
              warnings INTEGER NOT NULL,
              error TEXT NOT NULL,
              bytes INTEGER NOT NULL,
              sequence INTEGER NOT NULL,
              boot TEXT NOT NULL
            ) STRICT;
            CREATE INDEX builds_by_time ON builds(created);

            -- What selected content consisted of, by its digest; several builds name one list.
            CREATE TABLE file_lists (digest TEXT PRIMARY KEY, bytes INTEGER NOT NULL, sequence INTEGER NOT NULL, boot TEXT NOT NULL) STRICT, WITHOUT ROWID;
            CREATE TABLE file_list_uses (build TEXT NOT NULL, digest TEXT NOT NULL, PRIMARY KEY (build, digest)) STRICT, WITHOUT ROWID;
            CREATE INDEX file_list_uses_by_digest ON file_list_uses(digest);

            -- What a failed step had mounted, one row a mount; the files are records of the cache.
            CREATE TABLE kept_mounts (
              build TEXT NOT NULL,
              step TEXT NOT NULL,
              mount INTEGER NOT NULL,
              ref TEXT NOT NULL,
              own INTEGER NOT NULL,
              created INTEGER NOT NULL,
              PRIMARY KEY (build, step, mount)
            ) STRICT, WITHOUT ROWID;
            """,
            """
            ALTER TABLE builds ADD COLUMN ref TEXT NOT NULL DEFAULT '';   -- the client's name of it
            ALTER TABLE builds ADD COLUMN pinned INTEGER NOT NULL DEFAULT 0;
            """,
        ])
    {
        // What is in the files is told by the files themselves, so the rows promise nothing of it.
        Areas =
        [
            new StoreArea(HistoryFiles.BuildsArea, "SELECT id AS name, 0 AS sequence FROM builds", static (_, _) => true),
            new StoreArea(HistoryFiles.ListsArea, "SELECT substr(digest, 8) AS name, 0 AS sequence FROM file_lists", static (_, _) => true),
        ],
        Drop = Drop,
    };

    /// <summary>The row of a build that begins.</summary>
    public static void Insert(WriteTransaction transaction, BuildSummary build, string instance)
    {
        SqliteCommand command = transaction.Command("""
            INSERT INTO builds (id, name, context, file, target, status, instance, created, completed, steps, cached, warnings, error, bytes, sequence, boot, ref)
            VALUES ($id, $name, $context, $file, $target, $status, $instance, $created, NULL, 0, 0, 0, '', 0, $sequence, $boot, $ref)
            """);
        Set(command, "$id", build.Id.Value);
        Set(command, "$name", build.Label.Name);
        Set(command, "$context", build.Label.Context);
        Set(command, "$file", build.Label.File);
        Set(command, "$target", build.Label.Target);
        Set(command, "$status", (long)build.Status);
        Set(command, "$instance", instance);
        Set(command, "$created", Microseconds(build.Created));
        Set(command, "$sequence", transaction.Sequence);
        Set(command, "$boot", transaction.BootId);
        Set(command, "$ref", build.Ref);
        command.ExecuteNonQuery();
    }

    /// <summary>Says whether retention spares a build.</summary>
    /// <returns>False if it has no row.</returns>
    public static bool Pin(WriteTransaction transaction, BuildId id, bool isPinned)
    {
        SqliteCommand command = transaction.Command("UPDATE builds SET pinned = $pinned WHERE id = $id");
        Set(command, "$id", id.Value);
        Set(command, "$pinned", isPinned ? 1 : 0);
        return command.ExecuteNonQuery() > 0;
    }

    /// <summary>The row of a build that ended.</summary>
    public static void Update(WriteTransaction transaction, BuildSummary build)
    {
        SqliteCommand command = transaction.Command("""
            UPDATE builds SET status = $status, completed = $completed, steps = $steps, cached = $cached, warnings = $warnings, error = $error,
              bytes = $bytes, sequence = $sequence, boot = $boot
            WHERE id = $id
            """);
        Set(command, "$id", build.Id.Value);
        Set(command, "$status", (long)build.Status);
        Set(command, "$completed", build.Completed is { } completed ? Microseconds(completed) : DBNull.Value);
        Set(command, "$steps", build.Steps);
        Set(command, "$cached", build.CachedSteps);
        Set(command, "$warnings", build.Warnings);
        Set(command, "$error", build.Error);
        Set(command, "$bytes", build.Bytes);
        Set(command, "$sequence", transaction.Sequence);
        Set(command, "$boot", transaction.BootId);
        command.ExecuteNonQuery();
    }

    /// <summary>All builds, the newest first, each with the instance that ran it.</summary>
    public static List<(BuildSummary Build, string Instance)> Read(SqliteConnection connection)
    {
        using SqliteCommand command = connection.CreateCommand();
        command.CommandText = """
            SELECT id, name, context, file, target, status, instance, created, completed, steps, cached, warnings, error, bytes,
              ref, pinned
            FROM builds ORDER BY created DESC, id
            """;
        using SqliteDataReader reader = command.ExecuteReader();
        List<(BuildSummary Build, string Instance)> rows = [];
        while (reader.Read())
        {
            rows.Add((
                new BuildSummary
                {
                    Id = new BuildId(reader.GetString(0)),
                    Label = new BuildLabel(reader.GetString(1), reader.GetString(2), reader.GetString(3), reader.GetString(4)),
                    Status = (BuildStatus)reader.GetInt32(5),
                    Created = Time(reader.GetInt64(7)),
                    Completed = reader.IsDBNull(8) ? null : Time(reader.GetInt64(8)),
                    Steps = reader.GetInt32(9),
                    CachedSteps = reader.GetInt32(10),
                    Warnings = reader.GetInt32(11),
                    Error = reader.GetString(12),
                    Bytes = reader.GetInt64(13),
                    Ref = reader.GetString(14),
                    IsPinned = reader.GetBoolean(15),
                },
                reader.GetString(6)));
        }

        return rows;
    }

    /// <summary>Removes a build's rows.</summary>
    /// <returns>Digests of file lists that no build names any more; their rows are gone, too.</returns>
    public static IReadOnlyList<string> Delete(WriteTransaction transaction, BuildId id)
    {
        SqliteCommand lists = transaction.Command("""
            SELECT digest FROM file_list_uses u WHERE build = $id
              AND NOT EXISTS (SELECT 1 FROM file_list_uses o WHERE o.digest = u.digest AND o.build <> $id)
            """);
        Set(lists, "$id", id.Value);
        List<string> orphans = Texts(lists);
        foreach (string sql in (string[])["DELETE FROM file_list_uses WHERE build = $id", "DELETE FROM kept_mounts WHERE build = $id", "DELETE FROM builds WHERE id = $id"])
        {
            SqliteCommand delete = transaction.Command(sql);
            Set(delete, "$id", id.Value);
            delete.ExecuteNonQuery();
        }

        foreach (string digest in orphans)
        {
            SqliteCommand delete = transaction.Command("DELETE FROM file_lists WHERE digest = $digest");
            Set(delete, "$digest", digest);
            delete.ExecuteNonQuery();
        }

        return orphans;
    }

    /// <summary>Whether a file list is there already.</summary>
    public static bool HasFileList(Func<string, SqliteCommand> prepare, string digest)
    {
        SqliteCommand command = prepare("SELECT 1 FROM file_lists WHERE digest = $digest");
        Set(command, "$digest", digest);
        return command.ExecuteScalar() is not null;
    }

    /// <summary>A build names a file list.</summary>
    public static void UseFileList(WriteTransaction transaction, BuildId build, string digest)
    {
        SqliteCommand command = transaction.Command("INSERT OR IGNORE INTO file_list_uses (build, digest) VALUES ($build, $digest)");
        Set(command, "$build", build.Value);
        Set(command, "$digest", digest);
        command.ExecuteNonQuery();
    }

    /// <summary>A file list that was published.</summary>
    public static void InsertFileList(WriteTransaction transaction, string digest, long bytes)
    {
        SqliteCommand command = transaction.Command(
            "INSERT OR REPLACE INTO file_lists (digest, bytes, sequence, boot) VALUES ($digest, $bytes, $sequence, $boot)");
        Set(command, "$digest", digest);
        Set(command, "$bytes", bytes);
        Set(command, "$sequence", transaction.Sequence);
        Set(command, "$boot", transaction.BootId);
        command.ExecuteNonQuery();
    }

    /// <summary>Bytes of all file lists.</summary>
    public static long FileListBytes(SqliteConnection connection)
    {
        using SqliteCommand command = connection.CreateCommand();
        command.CommandText = "SELECT coalesce(sum(bytes), 0) FROM file_lists";
        return (long)command.ExecuteScalar()!;
    }

    /// <summary>What a failed step had mounted, is kept.</summary>
    public static void InsertMount(WriteTransaction transaction, KeptMount mount)
    {
        SqliteCommand command = transaction.Command("""
            INSERT OR REPLACE INTO kept_mounts (build, step, mount, ref, own, created) VALUES ($build, $step, $mount, $ref, $own, $created)
            """);
        Set(command, "$build", mount.Build.Value);
        Set(command, "$step", mount.Step.ToString());
        Set(command, "$mount", mount.Mount);
        Set(command, "$ref", mount.Ref.ToString());
        Set(command, "$own", mount.IsOwn ? 1 : 0);
        Set(command, "$created", Microseconds(mount.Created));
        command.ExecuteNonQuery();
    }

    /// <summary>All kept mounts, the newest step first.</summary>
    public static List<KeptMount> ReadMounts(SqliteConnection connection)
    {
        using SqliteCommand command = connection.CreateCommand();
        command.CommandText = "SELECT build, step, mount, ref, own, created FROM kept_mounts ORDER BY created DESC, build, step, mount";
        using SqliteDataReader reader = command.ExecuteReader();
        List<KeptMount> rows = [];
        while (reader.Read())
        {
            if (Llb.Digest.TryParse(reader.GetString(1), out Llb.Digest step) && Cache.Refs.RefId.TryParse(reader.GetString(3), out Cache.Refs.RefId id))
            {
                rows.Add(new KeptMount(
                    new BuildId(reader.GetString(0)), step, reader.GetInt32(2), id, reader.GetBoolean(4), Time(reader.GetInt64(5))));
            }
        }

        return rows;
    }

    /// <summary>The mounts of a step are not kept any more.</summary>
    public static void DeleteMounts(WriteTransaction transaction, BuildId build, Llb.Digest step)
    {
        SqliteCommand command = transaction.Command("DELETE FROM kept_mounts WHERE build = $build AND step = $step");
        Set(command, "$build", build.Value);
        Set(command, "$step", step.ToString());
        command.ExecuteNonQuery();
    }

    // After a power cut: rows whose files did not reach the disk.
    private static void Drop(StoreRoot store, WriteTransaction transaction, IReadOnlyCollection<StoreFile> lost)
    {
        var files = new HistoryFiles(store.Root);
        foreach (StoreFile file in lost)
        {
            if (file.Area == HistoryFiles.BuildsArea)
            {
                foreach (string orphan in Delete(transaction, new BuildId(file.Name)))
                {
                    transaction.Trash(files.FileList(orphan));
                }
            }
            else if (file.Area == HistoryFiles.ListsArea)
            {
                SqliteCommand delete = transaction.Command("DELETE FROM file_lists WHERE digest = $digest");
                Set(delete, "$digest", "sha256:" + file.Name);
                delete.ExecuteNonQuery();
            }
        }
    }

    private static List<string> Texts(SqliteCommand command)
    {
        List<string> texts = [];
        using SqliteDataReader reader = command.ExecuteReader();
        while (reader.Read())
        {
            texts.Add(reader.GetString(0));
        }

        return texts;
    }

    private static void Set(SqliteCommand command, string name, object value) => command.Parameters.AddWithValue(name, value);

    private static long Microseconds(DateTimeOffset time) => (time - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond;

    private static DateTimeOffset Time(long microseconds) => DateTimeOffset.UnixEpoch.AddTicks(microseconds * TimeSpan.TicksPerMicrosecond);
}
