using System.Globalization;
using Cairn.Llb;
using Cairn.Snapshotter.Native;
using Microsoft.Extensions.Logging;
using Microsoft.Win32.SafeHandles;

namespace Cairn.Snapshotter.Store;

/// <summary>
/// A store on disk: its index, the write turn, the staging area and the trash. Several processes may have it open at once.
/// </summary>
public sealed partial class StoreRoot : IAsyncDisposable, IDisposable
{
    private static readonly TimeSpan CloseBudget = TimeSpan.FromMilliseconds(500);

    private readonly StoreIndex _index;
    private readonly TrashBin _trash;
    private readonly SafeFileHandle _directory;   // held open since the store was, so that syncfs reports every error since then
    private bool _disposed;

    private StoreRoot(StoreOptions options, StoreIndex index, StoreInstance instance, TrashBin trash, SafeFileHandle directory)
    {
        Options = options;
        Root = options.Root;
        Instance = instance;
        _index = index;
        _trash = trash;
        _directory = directory;
    }

    /// <summary>Directory that the store owns.</summary>
    public string Root { get; }

    /// <summary>Identity of the store, made with it: 16 hexadecimal digits.</summary>
    public string StoreId => _index.StoreId;

    /// <summary>This opening of the store.</summary>
    public StoreInstance Instance { get; }

    /// <summary>How it was opened.</summary>
    public StoreOptions Options { get; }

    /// <summary>Instances that were found dead, and reclaimed, when this one opened the store.</summary>
    public IReadOnlyList<string> ReclaimedInstances { get; private set; } = [];

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
            StoreIndex index = StoreIndex.Open(options, [LayersSchema, .. schemas]);
            try
            {
                return Open(options, index);
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
    public T Write<T>(Func<WriteTransaction, T> write) => _index.Write(write, _trash);

    /// <summary>Takes the write turn, as <see cref="Write{T}"/>, for an action without a result.</summary>
    public void Write(Action<WriteTransaction> write) => _index.Write(
        transaction =>
        {
            write(transaction);
            return true;
        },
        _trash);

    /// <summary>Makes a directory to fill.</summary>
    /// <param name="purpose">What it is for, a word for whoever looks into the staging area.</param>
    public StagingDirectory Stage(string purpose)
    {
        string path = Path.Combine(
            Root, "staging", string.Create(CultureInfo.InvariantCulture, $"{Instance.Id}-{Instance.NextNumber()}-{purpose}"));
        Files.MakeDirectory(Files.Anywhere, path, 0x1c0);
        Failpoints.Hit("staging.made");
        return new StagingDirectory(path, _trash);
    }

    /// <summary>Where the blob of a digest lies, or would.</summary>
    public string BlobPath(Digest digest) => Path.Combine(Root, "blobs", digest.Algorithm, digest.Hex);

    /// <summary>The instance's process lives and has the store open.</summary>
    public bool IsInstanceAlive(string instanceId) => StoreInstance.IsAlive(Path.Combine(Root, "instances"), instanceId);

    /// <summary>Completes when everything trashed before the call is deleted.</summary>
    public Task EmptyTrashAsync(CancellationToken cancellationToken) => _trash.EmptyAsync(cancellationToken);

    /// <summary>Makes everything written so far survive a power cut, if that succeeds within the budget.</summary>
    public async Task SealAsync(TimeSpan budget, CancellationToken cancellationToken)
    {
        long sequence = _index.Sequence;
        if (sequence <= _index.SealedSequence)
        {
            return;
        }
        Task work = Task.Run(
            () =>
            {
                Files.SyncFilesystem(_directory);
                Failpoints.Hit("seal.synced");
                _index.Seal(sequence);
            },
            CancellationToken.None);
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

    /// <summary>Ends the instance. What could not be deleted quickly is left for the next opener.</summary>
    public void Dispose()
    {
        if (_disposed)
        {
            return;
        }
        _disposed = true;
        _trash.Close(CloseBudget);
        ((IAsyncResult?)_lateSeal)?.AsyncWaitHandle.WaitOne();
        Instance.Dispose();
        _index.Dispose();
        _directory.Dispose();
        _trash.Dispose();
    }

    /// <inheritdoc cref="Dispose"/>
    public async ValueTask DisposeAsync() => await Task.Run(Dispose);

    private Task? _lateSeal;   // set by SealAsync, waited for by Dispose

    private static StoreRoot Open(StoreOptions options, StoreIndex index)
    {
        foreach (string name in (string[])["blobs", "blobs/sha256", "layers", "staging", "trash", "instances", "empty", "empty/0", "empty/1"])
        {
            MakeOwned(Path.Combine(options.Root, name));
        }
        MakeOwned(options.RunRoot);
        string runStore = Path.Combine(options.RunRoot, index.StoreId);
        MakeOwned(runStore);
        ILogger logger = options.Loggers.CreateLogger("Cairn.Snapshotter.Store");
        StoreInstance instance = StoreInstance.Create(Path.Combine(options.Root, "instances"), runStore);
        var trash = new TrashBin(Path.Combine(options.Root, "trash"), instance, logger);
        try
        {
            var store = new StoreRoot(options, index, instance, trash, Files.OpenDirectory(options.Root));
            store.ReclaimedInstances = new Reclamation(options, runStore, instance, trash, logger).Run();
            return store;
        }
        catch
        {
            trash.Close(TimeSpan.Zero);
            trash.Dispose();
            instance.Dispose();
            throw;
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
    ]);
}
