using System.Globalization;
using Cairn.Llb;
using Cairn.Snapshotter.Additional;
using Cairn.Snapshotter.Layers;
using Cairn.Snapshotter.Native;
using Microsoft.Extensions.Logging;
using Microsoft.Win32.SafeHandles;

namespace Cairn.Snapshotter.Store;

/// <summary>
/// A store on disk: its index, the write turn, the staging area and the trash. Several processes may have it open at once.
/// </summary>
public sealed partial class StoreRoot : IAsyncDisposable, IDisposable
{
    private const int TurnsBetweenCheckpoints = 256;   // of all processes together; a few megabytes of log

    private readonly StoreIndex _index;
    private readonly TrashBin _trash;
    private readonly Flusher _flusher;
    private readonly Reserve _reserve;
    private readonly ILogger _logger;
    private readonly SafeFileHandle _directory;   // held open since the store was, so that syncfs reports every error since then
    private Upkeep? _upkeep;                      // set last, when the store is open
    private Task? _lateSeal;                      // set by SealAsync, waited for by Dispose
    private bool _disposed;

    private StoreRoot(
        StoreOptions options, StoreIndex index, StoreInstance instance, TrashBin trash, AdditionalStores additional, ILogger logger)
    {
        Options = options;
        Root = options.Root;
        Instance = instance;
        _index = index;
        _trash = trash;
        Additional = additional;
        _logger = logger;
        _directory = Files.OpenDirectory(options.Root);
        _flusher = new Flusher(index, _directory);
        _reserve = new Reserve(options.Root);
    }

    /// <summary>Directory that the store owns.</summary>
    public string Root { get; }

    /// <summary>Identity of the store, made with it: 16 hexadecimal digits.</summary>
    public string StoreId => _index.StoreId;

    /// <summary>This opening of the store.</summary>
    public StoreInstance Instance { get; }

    /// <summary>Stores of others that layers and blobs are found in.</summary>
    public AdditionalStores Additional { get; }

    /// <summary>Work behind the callers; ends before the store does.</summary>
    internal BackgroundWork Background { get; } = new();

    /// <summary>How it was opened.</summary>
    public StoreOptions Options { get; }

    /// <summary>Instances that were found dead, and reclaimed, when this one opened the store.</summary>
    public IReadOnlyList<string> ReclaimedInstances { get; private set; } = [];

    /// <summary>Files that the last power cut had taken or left unproven, and that were dropped when this opening recovered the store.</summary>
    public IReadOnlyList<StoreFile> LostFiles { get; private set; } = [];

    /// <summary>How often and for how long this instance has held the write turn.</summary>
    public WriteTurnUsage WriteTurns => _index.Usage;

    /// <summary>Opens a store, and makes it if the directory is empty or absent.</summary>
    /// <param name="options">Where and how.</param>
    /// <param name="schemas">Tables of every room that keeps state in it.</param>
    /// <exception cref="BuildException">The store was made by a newer program, is damaged, or the directory cannot be used.</exception>
    public static StoreRoot Open(StoreOptions options, IReadOnlyList<StoreSchema> schemas)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(schemas);
        options = options with { Root = Path.GetFullPath(options.Root), RunRoot = Path.GetFullPath(options.RunRoot) };
        try
        {
            MakeOwned(options.Root);
            schemas = [LayersSchema, .. schemas];
            StoreIndex index = StoreIndex.Open(options, schemas);
            try
            {
                return Open(options, schemas, index);
            }
            catch
            {
                index.Dispose();
                throw;
            }
        }
        catch (Exception e) when (e is UnauthorizedAccessException or IOException)
        {
            throw new BuildException(
                ErrorKind.Environment, "open store", options.Root, e.Message, "Run as root, or choose another directory with --root.", e);
        }
    }

    /// <summary>Reads the index. No transaction may outlive the call.</summary>
    public T Read<T>(Func<Microsoft.Data.Sqlite.SqliteConnection, T> read) => _index.Read(read);

    /// <summary>
    /// Takes the write turn, runs <paramref name="write"/> and commits. If it throws, or the commit fails, nothing has happened. The turn
    /// excludes every other process: only rows and renames belong in it, no walk, no mount, no wait.
    /// </summary>
    /// <remarks>One that removes something is run once more, with space set aside for it, when the disk is full.</remarks>
    public T Write<T>(Func<WriteTransaction, T> write)
    {
        ArgumentNullException.ThrowIfNull(write);
        WriteTransaction? turn = null;
        T Noted(WriteTransaction transaction)
        {
            turn = transaction;
            return write(transaction);
        }
        T result;
        try
        {
            result = _index.Write(Noted, _trash);
        }
        catch (BuildException e) when (turn is { IsRemoval: true } && IsFull(e) && _reserve.TryRelease())
        {
            _logger.ReserveUsed(Root);
            result = _index.Write(Noted, _trash);
        }
        if (turn!.Sequence % TurnsBetweenCheckpoints == 0)
        {
            Background.Start(_ => Checkpoint());
        }
        if (turn is { IsRemoval: true } && _trash.IsFull)
        {
            MakeRoom();
        }
        return result;
    }

    /// <summary>Takes the write turn, as <see cref="Write{T}"/>, for an action without a result.</summary>
    public void Write(Action<WriteTransaction> write) => Write(transaction =>
    {
        write(transaction);
        return true;
    });

    /// <summary>Makes a directory to fill.</summary>
    /// <param name="purpose">What it is for, a word for whoever looks into the staging area.</param>
    public StagingDirectory Stage(string purpose)
    {
        Instance.Hold();   // until the directory is disposed, nobody may take the instance for ended
        string path = Path.Combine(
            Root, "staging", string.Create(CultureInfo.InvariantCulture, $"{Instance.Id}-{Instance.NextNumber()}-{purpose}"));
        try
        {
            Files.MakeDirectory(Files.Anywhere, path, 0x1c0);
            Failpoints.Hit("staging.made");
            return new StagingDirectory(path, _trash, Instance);
        }
        catch
        {
            Instance.Release();
            throw;
        }
    }

    /// <summary>Where the blob of a digest lies, or would.</summary>
    public string BlobPath(Digest digest) => Path.Combine(Root, "blobs", digest.Algorithm, digest.Hex);

    /// <summary>The instance's process lives and has the store open.</summary>
    public bool IsInstanceAlive(string instanceId) => StoreInstance.IsAlive(Path.Combine(Root, "instances"), instanceId);

    /// <summary>Completes when everything trashed before the call is deleted, except what somebody still reads.</summary>
    /// <exception cref="BuildException">Something cannot be deleted; it is tried again at later passes.</exception>
    public async Task EmptyTrashAsync(CancellationToken cancellationToken)
    {
        if (_trash.Barrier is > 0 and long barrier)
        {
            _trash.Release(await Task.Run(() => _flusher.MakeDurable(barrier), cancellationToken));
        }
        await _trash.EmptyAsync(cancellationToken);
    }

    /// <summary>Makes everything written so far survive a power cut, if that succeeds within the budget.</summary>
    /// <exception cref="BuildException">The disk failed; nothing is promised.</exception>
    public async Task SealAsync(TimeSpan budget, CancellationToken cancellationToken)
    {
        long sequence = _index.Sequence;
        Task work = Task.Run(() => _flusher.Seal(sequence), CancellationToken.None);
        // A seal that is late goes on and is still good; only the caller no longer waits for it.
        await ((Task)Task.WhenAny(work, Task.Delay(budget, Options.Clock, cancellationToken))).ConfigureAwait(
            ConfigureAwaitOptions.SuppressThrowing);
        cancellationToken.ThrowIfCancellationRequested();
        if (work.IsCompleted)
        {
            await work;
        }
        else
        {
            _lateSeal = work;
        }
    }

    /// <summary>
    /// Ends the instance. Whoever is still filling a staging directory can go on with that, but not publish it; until it is disposed others
    /// leave it alone. What could not be deleted within <see cref="StoreOptions.CloseBudget"/> is left for whoever lives.
    /// </summary>
    public void Dispose()
    {
        if (_disposed)
        {
            return;
        }
        _disposed = true;
        Background.Dispose();
        _upkeep?.Dispose();
        ReleaseTrash();
        _trash.Close(Options.CloseBudget);
        ((IAsyncResult?)_lateSeal)?.AsyncWaitHandle.WaitOne();
        Additional.Dispose();
        Instance.LeavesWork = _trash.HasLeft;
        Instance.Dispose();
        _index.Dispose();
        _directory.Dispose();
        _trash.Dispose();
    }

    /// <inheritdoc cref="Dispose"/>
    public async ValueTask DisposeAsync() => await Task.Run(Dispose);

    // After the commit: whatever goes wrong is only said, and the trash waits.
    private void MakeRoom()
    {
        ReleaseTrash();
        if (_trash.Barrier == 0)
        {
            _trash.WaitForRoom();
        }
    }

    private void ReleaseTrash()
    {
        if (_trash.Barrier is > 0 and long barrier)
        {
            try
            {
                _trash.Release(_flusher.MakeDurable(barrier));
            }
            catch (NativeException e)
            {
                _logger.UpkeepFailed(Root, e);
            }
        }
    }

    // Others write meanwhile. If it fails the log grows, and the next one tries again.
    private void Checkpoint()
    {
        try
        {
            _index.Checkpoint();
        }
        catch (BuildException e)
        {
            _logger.UpkeepFailed(Root, e);
        }
    }

    private static bool IsFull(BuildException e) =>
        e is NativeException { Errno: Errno.ENOSPC or Errno.EDQUOT }
        || e.InnerException is Microsoft.Data.Sqlite.SqliteException { SqliteErrorCode: SQLitePCL.raw.SQLITE_FULL };

    private static StoreRoot Open(StoreOptions options, IReadOnlyList<StoreSchema> schemas, StoreIndex index)
    {
        foreach (string name in (string[])["blobs", "blobs/sha256", "layers", "staging", "trash", "instances", "empty", "empty/0", "empty/1", "flattened"])
        {
            MakeOwned(Path.Combine(options.Root, name));
        }
        EnsureOneFilesystem(options.Root);
        MakeOwned(options.RunRoot);
        string runStore = RunDirectories.Make(options.RunRoot, index.StoreId, options.Root);
        ILogger logger = options.Loggers.CreateLogger("Cairn.Snapshotter.Store");
        StoreInstance instance = StoreInstance.Create(Path.Combine(options.Root, "instances"), runStore);
        StoreArea[] areas = [.. schemas.SelectMany(static schema => schema.Areas)];
        var trash = new TrashBin(options, areas, instance, logger);
        StoreRoot? store = null;
        AdditionalStores? additional = null;
        try
        {
            additional = AdditionalStores.Open(options, schemas, index, instance.RunDirectory);
            store = new StoreRoot(options, index, instance, trash, additional, logger) { _areas = areas };
            var reclamation = new Reclamation(options, areas, runStore, instance, index, trash, logger);
            store._reserve.Ensure();
            store.ReclaimedInstances = reclamation.Run();
            store.LostFiles = new Recovery(store, schemas, index, reclamation, store._flusher, logger).Run();
            store._upkeep = new Upkeep(
                options, index, store._flusher, trash,
                () =>
                {
                    reclamation.Run();
                    store._reserve.Ensure();
                },
                logger);
            return store;
        }
        catch
        {
            store?._directory.Dispose();
            additional?.Dispose();
            trash.Close(TimeSpan.Zero);
            trash.Dispose();
            instance.Dispose();
            throw;
        }
    }

    // What is filled in one directory is published in another, and removed in a third, by renaming.
    private static void EnsureOneFilesystem(string root)
    {
        (ulong Device, ulong Mount) first = Files.Place(Path.Combine(root, "staging"));
        foreach (string name in (string[])["layers", "flattened", "blobs/sha256", "trash"])
        {
            if (Files.Place(Path.Combine(root, name)) != first)
            {
                throw new BuildException(
                    ErrorKind.Environment, "open store", root,
                    $"its directories staging and {name} are on different filesystems or mounts, and nothing can be renamed between them",
                    "Put the whole store on one filesystem.");
            }
        }
    }

    private static void MakeOwned(string directory)
    {
        if (!Directory.Exists(directory))
        {
            Directory.CreateDirectory(Path.GetDirectoryName(directory)!);
            Files.TryMakeDirectory(Files.Anywhere, directory, 0x1c0);   // 0700: layers may hold setuid programs
        }
    }

    // The directory of a layer that lies in another store holds nothing that its row promises.
    private const string LayerRows =
        "SELECT CAST(id AS TEXT) AS name, CASE WHEN store IS NULL THEN sequence ELSE 0 END AS sequence FROM layers";

    private static StoreSchema LayersSchema { get; } = new("snapshotter", [
        """
        CREATE TABLE layers (
            id       INTEGER PRIMARY KEY AUTOINCREMENT,
            sequence INTEGER NOT NULL,
            boot     TEXT NOT NULL,
            bytes    INTEGER NOT NULL,
            inodes   INTEGER NOT NULL
        ) STRICT;
        """,
        // Layers of one family may have inodes in common; null: it has all its inodes for itself.
        "ALTER TABLE layers ADD COLUMN family INTEGER",
        // BLAKE3 of the layer's files "manifest" and "contents"; null while there is none.
        "ALTER TABLE layers ADD COLUMN manifest BLOB; ALTER TABLE layers ADD COLUMN contents BLOB",
        // The boot in which rows that are not sealed were last proven; of no boot in a new store.
        "ALTER TABLE store ADD COLUMN boot TEXT NOT NULL DEFAULT ''",
        // Namespace of the attributes that overlayfs marks its layers with: only a process with the same rights can read them.
        "ALTER TABLE layers ADD COLUMN marks TEXT NOT NULL DEFAULT 'trusted'",
        // Runs of layers in one directory; "sources" are ids times two, bottom first, plus one for a layer's twin, and "identity" is their hash.
        """
        CREATE TABLE flattened (
            id       INTEGER PRIMARY KEY AUTOINCREMENT,
            identity TEXT NOT NULL UNIQUE,
            first    INTEGER NOT NULL,
            sources  TEXT NOT NULL,
            sequence INTEGER NOT NULL
        ) STRICT;
        CREATE INDEX flattened_first ON flattened (first);
        CREATE TABLE flattened_sources (
            layer INTEGER NOT NULL,
            run   INTEGER NOT NULL,
            PRIMARY KEY (layer, run)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX flattened_sources_run ON flattened_sources (run);
        """,
        // A layer that lies in another store: id of that store, and the layer's id there. It has an id below zero here.
        """
        ALTER TABLE layers ADD COLUMN store TEXT;
        ALTER TABLE layers ADD COLUMN original INTEGER;
        CREATE INDEX layers_by_origin ON layers(store, original) WHERE store IS NOT NULL;
        """,
        // A run with nothing below it: it has no deletions left and stands for its layers only at the bottom.
        "ALTER TABLE flattened ADD COLUMN whole INTEGER NOT NULL DEFAULT 0",
    ])
    {
        Areas =
        [
            new StoreArea("layers", LayerRows, LayerRecovery.IsProven),
            // Nothing proves a run, and nothing is lost with it: it is made again from its layers.
            new StoreArea("flattened", "SELECT CAST(id AS TEXT) AS name, sequence FROM flattened", static (_, _) => false),
        ],
        Drop = LayerRecovery.Drop,
    };
}
