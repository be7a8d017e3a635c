using Cairn.Llb;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace Cairn.Snapshotter.Store;

/// <summary>A connection that cannot write. All that one reading sees is one state of the store.</summary>
internal sealed class ReadConnection : IDisposable
{
    private readonly SqliteConnection _connection;
    private readonly sqlite3_stmt _begin;
    private readonly sqlite3_stmt _end;

    public ReadConnection(SqliteConnection connection)
    {
        _connection = connection;
        raw.sqlite3_exec(connection.Handle, "PRAGMA query_only = ON");
        raw.sqlite3_prepare_v2(connection.Handle, "BEGIN", out _begin);
        raw.sqlite3_prepare_v2(connection.Handle, "COMMIT", out _end);
    }

    public T Read<T>(Func<SqliteConnection, T> read)
    {
        Step(_begin);
        T result = read(_connection);
        if (raw.sqlite3_get_autocommit(_connection.Handle) != 0)
        {
            throw new BuildException(ErrorKind.Internal, "read", "store", "the read transaction was ended by whoever was reading");
        }
        Step(_end);
        return result;
    }

    public void Dispose()
    {
        _begin.Dispose();
        _end.Dispose();
        _connection.Dispose();
    }

    private void Step(sqlite3_stmt statement)
    {
        int code = raw.sqlite3_step(statement);
        raw.sqlite3_reset(statement);
        SqliteException.ThrowExceptionForRC(code == raw.SQLITE_DONE ? raw.SQLITE_OK : code, _connection.Handle);
    }
}
