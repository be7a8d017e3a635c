using System.Globalization;
using Cairn.Llb;
using Cairn.Snapshotter.Layers;
using Cairn.Snapshotter.Native;
using Cairn.Snapshotter.Store;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;
using Microsoft.Win32.SafeHandles;

namespace Cairn.Snapshotter.Additional;

/// <summary>
/// One store of somebody else, which is only read: its files through a read-only mount of this instance, its index in a copy. What is wrong
/// with it is said once, and it is left out until it has changed: a cache can only help.
/// </summary>
public sealed class AdditionalStore : IDisposable
{
    private readonly StoreOptions _options;   // of the store that this one is added to
    private readonly IReadOnlyList<StoreSchema> _schemas;
    private readonly string _copies;
    private readonly ILogger _logger;
    private readonly Lock _gate = new();      // guards what follows; held while the index is asked
    private StoreIndex? _index;               // over the copy; null while the store is left out
    private IndexMark? _mark;                 // the state that the copy has, or that was found unusable
    private string? _warning;
    private int _generation;
    private bool _isLockable = true;

    internal AdditionalStore(
        string path, string runDirectory, int number, StoreOptions options, IReadOnlyList<StoreSchema> schemas, ILogger logger)
    {
        Path = path;
        Mount = System.IO.Path.Combine(runDirectory, string.Create(CultureInfo.InvariantCulture, $"{RunDirectories.Additional}{number}"));
        _copies = System.IO.Path.Combine(runDirectory, string.Create(CultureInfo.InvariantCulture, $"index-{number}"));
        _options = options;
        _schemas = schemas;
        _logger = logger;
    }

    /// <summary>Where it lies.</summary>
    public string Path { get; }

    /// <summary>Its identity, empty while it is left out.</summary>
    public string StoreId
    {
        get
        {
            lock (_gate)
            {
                return _index?.StoreId ?? "";
            }
        }
    }

    /// <summary>Why it is left out, or what else its owner should know; null if all is well.</summary>
    public string? Warning
    {
        get
        {
            lock (_gate)
            {
                return _warning;
            }
        }
    }

    /// <summary>Where its files are read: a read-only mount.</summary>
    internal string Mount { get; }

    /// <summary>Asks its index as it was at the last refresh.</summary>
    /// <param name="read">Asks; its tables are those of this program.</param>
    /// <param name="otherwise">The answer of a store that is left out.</param>
    public T Read<T>(Func<SqliteConnection, T> read, T otherwise)
    {
        lock (_gate)
        {
            if (_index is null)
            {
                return otherwise;
            }
            try
            {
                return _index.Read(read);
            }
            catch (BuildException e)
            {
                LeaveOut(e);   // damaged where nobody has looked before
                return otherwise;
            }
        }
    }

    /// <summary>
    /// Files of a row can be relied on: they were durable there, or the machine has not stopped since they were written. Nobody here
    /// recovers another's store, so what a power cut may have torn is not used.
    /// </summary>
    /// <param name="sequence">Number of the transaction that wrote the row.</param>
    /// <param name="boot">The boot in which it was written.</param>
    public bool IsTrusted(long sequence, string boot)
    {
        lock (_gate)
        {
            return _index is not null && (boot == _index.BootId || sequence <= _index.SealedSequence);
        }
    }

    /// <summary>Path of a blob that is here whole; null if it is not.</summary>
    public string? TryBlob(Digest digest)
    {
        (long Size, long Sequence, string Boot)? row = Read(
            connection =>
            {
                using SqliteCommand select = connection.CreateCommand();
                select.CommandText = "SELECT size, sequence, boot FROM blobs WHERE digest = $digest";
                select.Parameters.AddWithValue("$digest", digest.ToString());
                using SqliteDataReader reader = select.ExecuteReader();
                return reader.Read() ? (reader.GetInt64(0), reader.GetInt64(1), reader.GetString(2)) : ((long, long, string)?)null;
            },
            null);
        if (row is not { } found || !IsTrusted(found.Sequence, found.Boot))
        {
            return null;
        }
        var file = new FileInfo(System.IO.Path.Combine(Mount, "blobs", digest.Algorithm, digest.Hex));
        return file.Exists && file.Length == found.Size ? file.FullName : null;
    }

    /// <summary>Unmounts it and drops the copy of its index.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            _index?.Dispose();
            _index = null;
            Mounts.Detach(Mount);
        }
    }

    internal string LayerDirectory(LayerId original) =>
        System.IO.Path.Combine(Mount, "layers", original.Value.ToString(CultureInfo.InvariantCulture));

    /// <summary>A layer of its own; null if there is none or it cannot be relied on.</summary>
    internal LayerOrigin? TryOrigin(LayerId original, out IReadOnlyList<LayerId> family)
    {
        IReadOnlyList<LayerId> members = [];
        LayerOrigin? origin = Read(
            connection =>
            {
                using SqliteCommand select = connection.CreateCommand();
                select.CommandText = "SELECT store, original, bytes, inodes, manifest, marks, sequence, boot, family FROM layers WHERE id = $id";
                select.Parameters.AddWithValue("$id", original.Value);
                LayerOrigin found;
                long? shared;
                using (SqliteDataReader reader = select.ExecuteReader())
                {
                    if (!reader.Read())
                    {
                        return null;
                    }
                    if (!reader.IsDBNull(0))
                    {
                        return LayerOrigin.Read(reader);
                    }
                    if (!IsTrusted(reader.GetInt64(6), reader.GetString(7)))
                    {
                        return null;
                    }
                    found = LayerOrigin.Read(reader, _index!.StoreId, original);
                    shared = reader.IsDBNull(8) ? null : reader.GetInt64(8);
                }
                members = shared is { } family ? MembersOf(connection, family) : [];
                return found;
            },
            null);
        family = members;
        return origin;
    }

    /// <summary>Takes note of what has changed in it. Costs three calls to the kernel if nothing has.</summary>
    internal void Refresh()
    {
        lock (_gate)
        {
            try
            {
                if (!IsMounted())
                {
                    Directory.CreateDirectory(Mount);
                    ReadOnlyMount.Attach(Path, Mount);
                }
                IndexMark now = IndexMark.Read(Mount);
                if (now != _mark)
                {
                    _mark = now;
                    Load();
                    _warning = null;
                }
            }
            catch (Exception e) when (e is BuildException or SqliteException or IOException or UnauthorizedAccessException)
            {
                LeaveOut(e);
            }
        }
    }

    /// <summary>Locks a layer against its owner, who may want to remove it.</summary>
    /// <param name="directory">Open directory of the layer.</param>
    /// <returns>False if somebody is removing it. Where locks cannot be had, layers are taken to stay.</returns>
    internal bool TryLock(SafeFileHandle directory)
    {
        try
        {
            Failpoints.Hit("additional.lock");
            return Files.TryLock(directory, exclusive: false, wait: false);
        }
        catch (NativeException e) when (e.Errno is Errno.ENOLCK or Errno.EOPNOTSUPP or Errno.ENOSYS or Errno.EINVAL)
        {
            lock (_gate)
            {
                if (_isLockable)
                {
                    _isLockable = false;
                    _logger.NotLockable(Path, e.Reason);
                    _warning ??= $"layers of additional store {Path} cannot be locked ({e.Reason}); they are taken to stay as they are";
                }
            }
            return true;
        }
    }

    private static List<LayerId> MembersOf(SqliteConnection connection, long family)
    {
        using SqliteCommand select = connection.CreateCommand();
        select.CommandText = "SELECT id FROM layers WHERE family = $family ORDER BY id";
        select.Parameters.AddWithValue("$family", family);
        using SqliteDataReader reader = select.ExecuteReader();
        List<LayerId> members = [];
        while (reader.Read())
        {
            members.Add(new LayerId(reader.GetInt64(0)));
        }
        return members;
    }

    // Somebody may have unmounted it by hand; then its path shows this instance's own, empty directory.
    private bool IsMounted() => File.Exists(System.IO.Path.Combine(Mount, IndexMark.DatabaseName));

    // The copy is brought to the tables of this program, so an older store is read like any other.
    private void Load()
    {
        string directory = System.IO.Path.Combine(_copies, (++_generation).ToString(CultureInfo.InvariantCulture));
        Directory.CreateDirectory(directory);
        _mark = IndexCopy.Take(Mount, directory);
        StoreIndex fresh = StoreIndex.Open(_options with { Root = directory }, _schemas);
        _index?.Dispose();
        _index = fresh;
        if (_generation > 1)
        {
            Directory.Delete(System.IO.Path.Combine(_copies, (_generation - 1).ToString(CultureInfo.InvariantCulture)), recursive: true);
        }
    }

    private void LeaveOut(Exception cause)
    {
        _index?.Dispose();
        _index = null;
        string reason = cause is BuildException error ? error.Reason : cause.Message;
        string warning = $"additional store {Path} is left out: {reason}";
        if (_warning != warning)
        {
            _warning = warning;
            _logger.LeftOut(Path, reason, cause);
        }
    }
}
