using Cairn.Llb;
using Microsoft.Data.Sqlite;

namespace Cairn.Snapshotter.Store;

/// <summary>This part: the store's own table, and the migrations of the rooms.</summary>
internal sealed partial class StoreIndex
{
    // Runs in the write turn, before anybody else can see the index.
    private void Prepare(IReadOnlyList<StoreSchema> schemas)
    {
        Run(_writer, "PRAGMA journal_mode = WAL");
        using SqliteTransaction transaction = _writer.BeginTransaction(deferred: false);
        if (Number(_writer, "SELECT count(*) FROM sqlite_schema WHERE name = 'store'", transaction) == 0)
        {
            Make(transaction);
        }
        long format = Number(_writer, "SELECT format FROM store", transaction);
        if (format > Format)
        {
            throw new BuildException(
                ErrorKind.Environment, "open store", _root,
                $"it has format {format}, and this program knows formats up to {Format}",
                "Use the newer program that made it, or choose another directory with --root.");
        }
        foreach (StoreSchema schema in schemas)
        {
            Migrate(schema, transaction);
        }
        string id = Text("SELECT id FROM store", transaction);
        transaction.Commit();
        StoreId = id;
    }

    private void Make(SqliteTransaction transaction)
    {
        using SqliteCommand command = _writer.CreateCommand();
        command.Transaction = transaction;
        command.CommandText = """
            CREATE TABLE store (
                format   INTEGER NOT NULL,
                id       TEXT NOT NULL,
                sequence INTEGER NOT NULL,
                sealed   INTEGER NOT NULL
            ) STRICT;
            CREATE TABLE schemas (
                room    TEXT PRIMARY KEY,
                version INTEGER NOT NULL
            ) STRICT, WITHOUT ROWID;
            INSERT INTO store VALUES ($format, $id, 0, 0);
            """;
        command.Parameters.AddWithValue("$format", Format);
        command.Parameters.AddWithValue("$id", NewStoreId());
        command.ExecuteNonQuery();
    }

    private void Migrate(StoreSchema schema, SqliteTransaction transaction)
    {
        using SqliteCommand read = _writer.CreateCommand();
        read.Transaction = transaction;
        read.CommandText = "SELECT version FROM schemas WHERE room = $room";
        read.Parameters.AddWithValue("$room", schema.Room);
        long version = read.ExecuteScalar() as long? ?? 0;
        if (version > schema.Migrations.Count)
        {
            throw new BuildException(
                ErrorKind.Environment, "open store", _root,
                $"the tables of {schema.Room} have version {version}, and this program knows versions up to {schema.Migrations.Count}",
                "Use the newer program that made it, or choose another directory with --root.");
        }
        if (version == schema.Migrations.Count)
        {
            return;
        }
        foreach (string migration in schema.Migrations.Skip((int)version))
        {
            using SqliteCommand command = _writer.CreateCommand();
            command.Transaction = transaction;
#pragma warning disable CA2100 // A migration is a constant of its room.
            command.CommandText = migration;
#pragma warning restore CA2100
            command.ExecuteNonQuery();
        }
        using SqliteCommand write = _writer.CreateCommand();
        write.Transaction = transaction;
        write.CommandText = "INSERT INTO schemas VALUES ($room, $version) ON CONFLICT (room) DO UPDATE SET version = excluded.version";
        write.Parameters.AddWithValue("$room", schema.Room);
        write.Parameters.AddWithValue("$version", schema.Migrations.Count);
        write.ExecuteNonQuery();
    }

    private string Text(string sql, SqliteTransaction transaction)
    {
        using SqliteCommand command = _writer.CreateCommand();
        command.Transaction = transaction;
#pragma warning disable CA2100 // Constants of this class.
        command.CommandText = sql;
#pragma warning restore CA2100
        return (string)command.ExecuteScalar()!;
    }
}
