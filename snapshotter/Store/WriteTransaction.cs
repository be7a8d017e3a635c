using Cairn.Snapshotter.Native;
using Microsoft.Data.Sqlite;
using Microsoft.Win32.SafeHandles;

namespace Cairn.Snapshotter.Store;

/// <summary>
/// The write turn: while it exists, no other process or thread writes to the store. Only <see cref="StoreRoot.Write{T}"/> makes one, so a
/// method that takes it is proof that its rows appear together with all others of the turn.
/// </summary>
public sealed class WriteTransaction
{
    private readonly string _root;
    private readonly TrashBin _trash;
    private readonly SqliteConnection _connection;
    private readonly SqliteTransaction _transaction;
    private readonly Dictionary<string, SqliteCommand> _commands;   // prepared; they belong to the connection and outlive this turn
    private readonly List<(string From, string To)> _renames = [];
    private readonly List<string> _trashed = [];
    private readonly List<Action> _committed = [];
    private readonly List<SafeFileHandle> _held = [];
    private bool _ended;

    internal WriteTransaction(
        string root, SqliteConnection connection, SqliteTransaction transaction, Dictionary<string, SqliteCommand> commands,
        long sequence, string bootId, TrashBin trash)
    {
        _root = root;
        _connection = connection;
        _transaction = transaction;
        _commands = commands;
        _trash = trash;
        Sequence = sequence;
        BootId = bootId;
    }

    /// <summary>The writing connection, in its transaction. Use <see cref="Command"/> where the same SQL runs often.</summary>
    public SqliteConnection Connection
    {
        get
        {
            EnsureNotEnded();
            return _connection;
        }
    }

    /// <summary>Number of this transaction: grows by one with each; published rows carry it, and sealing covers all up to a number.</summary>
    public long Sequence { get; }

    /// <summary>The running boot; published rows carry it.</summary>
    public string BootId { get; }

    /// <summary>A prepared statement, kept between turns, with no parameters set.</summary>
    public SqliteCommand Command(string sql)
    {
        if (!_commands.TryGetValue(sql, out SqliteCommand? command))
        {
            command = Connection.CreateCommand();
#pragma warning disable CA2100 // The text is the caller's constant; values travel as parameters.
            command.CommandText = sql;
#pragma warning restore CA2100
            _commands.Add(sql, command);
        }
        command.Transaction = _transaction;
        command.Parameters.Clear();
        return command;
    }

    /// <summary>
    /// Gives something staged its final name; undone if the transaction fails. What has that name already is garbage without a row, left
    /// by a crash: it goes to the trash.
    /// </summary>
    public void Publish(string stagedPath, string finalPath)
    {
        EnsureOwn(stagedPath);
        EnsureOwn(finalPath);
        if (!Files.TryRename(stagedPath, finalPath))
        {
            Trash(finalPath);
            if (!Files.TryRename(stagedPath, finalPath))
            {
                throw new NativeException("rename", $"{stagedPath} to {finalPath}", Errno.EEXIST);
            }
        }
        _renames.Add((stagedPath, finalPath));
        Failpoints.Hit("publish.renamed");
    }

    /// <summary>Something was moved to the trash, or was to be.</summary>
    internal bool IsRemoval { get; private set; }

    /// <summary>
    /// Moves a path to the trash now; undone if the transaction fails, deleted in the background when the commit is durable.
    /// </summary>
    /// <remarks>An absent path is fine: the row that named it goes all the same.</remarks>
    public void Trash(string path)
    {
        EnsureOwn(path);
        IsRemoval = true;
        string target = _trash.NextPath(path);
        try
        {
            Files.TryRename(path, target);
        }
        catch (NativeException e) when (e.Errno == Errno.ENOENT)
        {
            return;
        }
        _renames.Add((path, target));
        _trashed.Add(target);
        Failpoints.Hit("trash.renamed");
    }

    /// <summary>Runs after the commit, outside the write turn. It must not fail.</summary>
    public void OnCommitted(Action action)
    {
        EnsureNotEnded();
        _committed.Add(action);
    }

    /// <summary>Refuses a transaction of another store, and one that has ended.</summary>
    internal void EnsureOf(StoreRoot store)
    {
        EnsureNotEnded();
        if (store.Root != _root)
        {
            throw new InvalidOperationException($"a write transaction of {_root} cannot write to {store.Root}");
        }
    }

    /// <summary>Unlocks and closes a file when it is decided what became of the transaction.</summary>
    internal void HoldUntilEnd(SafeFileHandle held) => _held.Add(held);

    /// <summary>It is committed, or taken back: nothing can be done with it any more.</summary>
    internal void End()
    {
        _ended = true;
        foreach (SafeFileHandle held in _held)
        {
            Files.Unlock(held);   // closing is not enough: a program that is being started has the descriptor, too
            held.Dispose();
        }
    }

    /// <summary>Takes the renames back, last first; reports each that cannot be.</summary>
    internal void Undo(Action<string, Exception> failed)
    {
        for (int i = _renames.Count - 1; i >= 0; i--)
        {
            (string from, string to) = _renames[i];
            try
            {
                if (!Files.TryRename(to, from))
                {
                    failed(from, new NativeException("rename", from, Errno.EEXIST));
                }
            }
            catch (NativeException e)
            {
                failed(from, e);
            }
        }
    }

    /// <summary>What follows a commit.</summary>
    internal void Finish()
    {
        foreach (string path in _trashed)
        {
            _trash.Delete(path, Sequence);
        }
        foreach (Action action in _committed)
        {
            action();
        }
    }

    private void EnsureNotEnded()
    {
        if (_ended)
        {
            throw new InvalidOperationException($"the write transaction {Sequence} of {_root} has ended");
        }
    }

    private void EnsureOwn(string path)
    {
        EnsureNotEnded();
        if (path.Length <= _root.Length || path[_root.Length] != '/' || !path.StartsWith(_root, StringComparison.Ordinal))
        {
            throw new InvalidOperationException($"a write transaction of {_root} cannot move {path}");
        }
    }
}
