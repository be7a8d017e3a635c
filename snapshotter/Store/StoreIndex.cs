using System.Collections.Concurrent;
using System.Security.Cryptography;
using Cairn.Llb;
using Cairn.Snapshotter.Native;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;
using Microsoft.Win32.SafeHandles;

namespace Cairn.Snapshotter.Store;

/// <summary>The database, its connections and the write turn.</summary>
internal sealed partial class StoreIndex : IDisposable
{
    /// <summary>Version of the layout on disk and of the tables of the store itself.</summary>
    public const int Format = 1;

    private readonly string _root;
    private readonly string _connectionString;
    private readonly TimeProvider _clock;
    private readonly ILogger _logger;
    private readonly ConcurrentBag<ReadConnection> _readers = [];
    private readonly WriteTurn _turn;
    private readonly string _turnName;
    private readonly Lock _writing = new();   // taken before the turn; guards what follows
    private readonly SqliteConnection _writer;
    private readonly Dictionary<string, SqliteCommand> _commands = new(StringComparer.Ordinal);
    private WriteTurnUsage _usage;

    private StoreIndex(StoreOptions options, WriteTurn turn)
    {
        _root = options.Root;
        _clock = options.Clock;
        _logger = options.Loggers.CreateLogger("Cairn.Snapshotter.Store");
        _turn = turn;
        _turnName = "the write turn of " + _root;
        BootId = options.BootId?.ToString("D") ?? File.ReadAllText("/proc/sys/kernel/random/boot_id").Trim();
        _connectionString = new SqliteConnectionStringBuilder
        {
            DataSource = Path.Combine(_root, "cairn.db"),
            ForeignKeys = true,
            Pooling = false,
        }.ToString();
        _writer = Connect();
    }

    public string BootId { get; }

    public string StoreId { get; private set; } = "";

    /// <summary>Number of the last write transaction.</summary>
    public long Sequence => Read(static connection => Number(connection, "SELECT sequence FROM store"));

    /// <summary>Highest number that survives a power cut.</summary>
    public long SealedSequence => Read(static connection => Number(connection, "SELECT sealed FROM store"));

    public WriteTurnUsage Usage
    {
        get
        {
            lock (_writing)
            {
                return _usage;
            }
        }
    }

    public static StoreIndex Open(StoreOptions options, IReadOnlyList<StoreSchema> schemas)
    {
        WriteTurn turn = WriteTurn.Open(options.Root);
        StoreIndex? index = null;
        try
        {
            turn.Take();
            index = new StoreIndex(options, turn);
            index.Prepare(schemas);
            turn.Release();
            return index;
        }
        catch (SqliteException e)
        {
            throw Failure("open store", options.Root, e);
        }
        finally
        {
            if (index is null || index.StoreId.Length == 0)
            {
                index?.Dispose();
                turn.Dispose();
            }
        }
    }

    public T Read<T>(Func<SqliteConnection, T> read)
    {
        ReadConnection? connection = null;
        try
        {
            if (!_readers.TryTake(out connection))
            {
                connection = new ReadConnection(Connect());
            }
            T result = connection.Read(read);
            _readers.Add(connection);
            connection = null;
            return result;
        }
        catch (SqliteException e)
        {
            throw Failure("read store", _root, e);
        }
        finally
        {
            connection?.Dispose();   // not given back: its state is unknown
        }
    }

    public T Write<T>(Func<WriteTransaction, T> write, TrashBin trash)
    {
        WriteTransaction turn;
        T result;
        LockOrder.Enter(_turnName);
        try
        {
            lock (_writing)
            {
                _turn.Take();
                long start = _clock.GetTimestamp();
                try
                {
                    Failpoints.Hit("turn.taken");
                    (turn, result) = Commit(write, trash);
                }
                finally
                {
                    _turn.Release();
                    TimeSpan held = _clock.GetElapsedTime(start);
                    _usage = new WriteTurnUsage(_usage.Turns + 1, _usage.Total + held, held > _usage.Longest ? held : _usage.Longest);
                }
            }
        }
        finally
        {
            LockOrder.Leave();
        }
        Failpoints.Hit("turn.released");
        turn.Finish();
        return result;
    }

    /// <summary>Notes that everything up to <paramref name="sequence"/> is durable. The note itself is after <see cref="SyncLog"/>.</summary>
    public void Seal(long sequence)
    {
        LockOrder.Check(_turnName);
        lock (_writing)
        {
            _turn.Take();
            try
            {
                Run(_writer, "UPDATE store SET sealed = max(sealed, $sequence)", ("$sequence", sequence));
            }
            catch (SqliteException e)
            {
                throw Failure("seal store", _root, e);
            }
            finally
            {
                _turn.Release();
            }
        }
    }

    /// <summary>
    /// Makes what is committed durable, outside the write turn: SQLite does that in a commit, with the turn held, and only if asked. The
    /// log is the one file that need be flushed, because a checkpoint flushes the database before the log is used again.
    /// </summary>
    public void SyncLog()
    {
        string path = Path.Combine(_root, "cairn.db-wal");
        using SafeFileHandle log = Files.Open(path, Libc.O_RDWR);
        Files.SyncContent(log, path);
    }

    /// <summary>
    /// Moves the log into the database, as far as no reader needs it. It waits for the disk and for nobody, and nobody waits for it: SQLite
    /// would do it in a commit, with the turn held.
    /// </summary>
    public void Checkpoint()
    {
        try
        {
            using SqliteConnection connection = Connect();
            Run(connection, "PRAGMA wal_checkpoint(PASSIVE)");
            Failpoints.Hit("log.moved");
        }
        catch (SqliteException e)
        {
            throw Failure("move the log of store", _root, e);
        }
    }

    public void Dispose()
    {
        while (_readers.TryTake(out ReadConnection? reader))
        {
            reader.Dispose();
        }
        lock (_writing)
        {
            foreach (SqliteCommand command in _commands.Values)
            {
                command.Dispose();
            }
            _commands.Clear();
            _writer.Dispose();
            _turn.Dispose();
        }
    }

    private (WriteTransaction Turn, T Result) Commit<T>(Func<WriteTransaction, T> write, TrashBin trash)
    {
        WriteTransaction? turn = null;
        try
        {
            using SqliteTransaction transaction = _writer.BeginTransaction(deferred: false);
            long sequence = Number(_writer, "UPDATE store SET sequence = sequence + 1 RETURNING sequence", transaction);
            turn = new WriteTransaction(_root, _writer, transaction, _commands, sequence, BootId, trash);
            Failpoints.Hit("transaction.begun");
            T result = write(turn);
            Failpoints.Hit("transaction.written");
            transaction.Commit();
            Failpoints.Hit("transaction.committed");
            turn.End();
            return (turn, result);
        }
        catch (Exception e)
        {
            turn?.Undo(_logger.RenameNotUndone);
            turn?.End();
            if (e is SqliteException sqlite)
            {
                throw Failure("write to store", _root, sqlite);
            }
            throw;
        }
    }

    private SqliteConnection Connect()
    {
        var connection = new SqliteConnection(_connectionString);
        try
        {
            connection.Open();
            // Closing must not wait for the disk: sealing does, when it is time.
            SQLitePCL.raw.sqlite3_db_config(connection.Handle, SQLitePCL.raw.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, out _);
            Run(connection, "PRAGMA synchronous = NORMAL; PRAGMA temp_store = MEMORY; PRAGMA wal_autocheckpoint = 0");
            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    private static void Run(SqliteConnection connection, string sql, params ReadOnlySpan<(string Name, object Value)> parameters)
    {
        using SqliteCommand command = connection.CreateCommand();
#pragma warning disable CA2100 // Constants of this class and migrations of the rooms.
        command.CommandText = sql;
#pragma warning restore CA2100
        foreach ((string name, object value) in parameters)
        {
            command.Parameters.AddWithValue(name, value);
        }
        command.ExecuteNonQuery();
    }

    private static long Number(SqliteConnection connection, string sql, SqliteTransaction? transaction = null)
    {
        using SqliteCommand command = connection.CreateCommand();
#pragma warning disable CA2100 // Constants of this class.
        command.CommandText = sql;
#pragma warning restore CA2100
        command.Transaction = transaction;
        return (long)command.ExecuteScalar()!;
    }

    private static BuildException Failure(string doing, string root, SqliteException e) => e.SqliteErrorCode switch
    {
        SQLitePCL.raw.SQLITE_FULL => new BuildException(
            ErrorKind.Environment, doing, root, "the disk is full", "Free some space, or run 'cairn prune'.", e),
        SQLitePCL.raw.SQLITE_CORRUPT or SQLitePCL.raw.SQLITE_NOTADB => new BuildException(
            ErrorKind.Environment, doing, root, "its index is damaged", "Run 'cairn store repair'.", e),
        SQLitePCL.raw.SQLITE_CONSTRAINT or SQLitePCL.raw.SQLITE_ERROR => new BuildException(
            ErrorKind.Internal, doing, root, e.Message, null, e),
        _ => new BuildException(ErrorKind.Environment, doing, root, e.Message, null, e),
    };

    private static string NewStoreId() => Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8));
}
