using System.Globalization;
using Cairn.Snapshotter.Layers;
using Cairn.Snapshotter.Store;
using Cairn.Snapshotter.Trees;

namespace Cairn.Cache.Refs;

/// <summary>
/// Persistent directories by name. Use of one is a kernel lock on a file beside it, shared or exclusive, so it ends with the process
/// and is seen by every other process and by the collector.
/// </summary>
public sealed class CacheMounts
{
    private static readonly TimeSpan OtherProcesses = TimeSpan.FromMilliseconds(100);   // how often a lock of another process is tried

    private readonly StoreRoot _store;
    private readonly ClaimTable _claims;
    private readonly TimeProvider _clock;
    private readonly Lock _gate = new();
    private TaskCompletionSource _freed = new(TaskCreationOptions.RunContinuationsAsynchronously);   // guarded by _gate; replaced at each release

    internal CacheMounts(StoreRoot store, ClaimTable claims, TimeProvider clock)
    {
        _store = store;
        _claims = claims;
        _clock = clock;
    }

    /// <summary>Opens a directory by name, made if there is none to use.</summary>
    /// <param name="name">The mount's id, with the id of the initial ref appended where there is one.</param>
    /// <param name="sharing">What to do when others use it.</param>
    /// <param name="initial">Content of a new directory, or null; borrowed.</param>
    /// <param name="description">What a person sees of it.</param>
    /// <param name="context">On whose behalf layers of the initial content are fetched.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>The use of it; dispose it when the step has ended.</returns>
    public async Task<CacheMountLease> OpenAsync(
        string name, CacheMountSharing sharing, ImmutableRef? initial, string description, RefContext context, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(name);
        while (true)
        {
            Task freed = NextRelease();
            List<long> existing = _store.Read(connection =>
                connection.Query("SELECT id FROM cache_mounts WHERE name = $name ORDER BY id").With("$name", name).Rows(row => row.GetInt64(0)));
            foreach (long id in existing)
            {
                if (TryOpen(id, sharing) is { } lease)
                {
                    return lease;
                }
            }
            if (existing.Count > 0 && sharing == CacheMountSharing.Locked)
            {
                await Task.WhenAny(freed, Task.Delay(OtherProcesses, _clock, cancellationToken));
                cancellationToken.ThrowIfCancellationRequested();
                continue;
            }
            if (await TryMakeAsync(name, sharing, initial, description, context, cancellationToken) is { } made)
            {
                return made;
            }
        }
    }

    internal static string DirectoryOf(StoreRoot store, long id) =>
        Path.Combine(store.Root, "cachemounts", id.ToString("x16", CultureInfo.InvariantCulture));

    /// <summary>The lock of a cache mount, or null if it is held otherwise or the mount is gone.</summary>
    internal static FileStream? TryLock(string directory, bool exclusive)
    {
        try
        {
            // FileShare.None is flock(LOCK_EX), any other share flock(LOCK_SH); neither waits.
            return new FileStream(
                Path.Combine(directory, "lock"), FileMode.Open, FileAccess.Read, exclusive ? FileShare.None : FileShare.Read, bufferSize: 0);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
        catch (IOException e) when (e.HResult == Contended)
        {
            return null;
        }
    }

    private const int Contended = 11;   // EWOULDBLOCK: how .NET reports a refused flock

    private CacheMountLease? TryOpen(long id, CacheMountSharing sharing)
    {
        string directory = DirectoryOf(_store, id);
        FileStream? file = TryLock(directory, exclusive: sharing != CacheMountSharing.Shared);
        if (file is null)
        {
            return null;
        }
        // Pruned between the look and the lock: the row tells.
        bool present = _claims.Write(transaction => transaction.Command("UPDATE cache_mounts SET last_used = $now, uses = uses + 1 WHERE id = $id")
            .With("$now", _clock.GetUtcNow().ToNanoseconds()).With("$id", id).ExecuteNonQuery() == 1);
        if (!present || !Directory.Exists(Path.Combine(directory, "fs")))
        {
            file.Dispose();
            return null;
        }
        return new CacheMountLease(Path.Combine(directory, "fs"), file, OnReleased);
    }

    private async Task<CacheMountLease?> TryMakeAsync(
        string name, CacheMountSharing sharing, ImmutableRef? initial, string description, RefContext context, CancellationToken cancellationToken)
    {
        using StagingDirectory staging = _store.Stage("cachemount");
        string files = Path.Combine(staging.Path, "fs");
#pragma warning disable CA1416 // This engine runs on Linux.
        Directory.CreateDirectory(files);
        File.SetUnixFileMode(files, (UnixFileMode)0x1ed);   // 0755, whatever the umask
#pragma warning restore CA1416
        if (initial is not null)
        {
            using SnapshotView view = await initial.ViewAsync(context, cancellationToken);
            using RootedTree target = RootedTree.Open(files);
            TreeCopy.Copy(view.Tree, TreePath.Root, target, TreePath.Root, new TreeCopyOptions { DirectoryContents = true }, cancellationToken);
        }
        await File.WriteAllBytesAsync(Path.Combine(staging.Path, "lock"), [], cancellationToken);
        FileStream file = TryLock(staging.Path, exclusive: sharing != CacheMountSharing.Shared)!;   // the lock follows the rename
        try
        {
            long id = RefId.NewNumber();
            string directory = DirectoryOf(_store, id);
            Directory.CreateDirectory(Path.GetDirectoryName(directory)!);
            long now = _clock.GetUtcNow().ToNanoseconds();
            bool made = _claims.Write(transaction =>
            {
                if (sharing != CacheMountSharing.Private
                    && transaction.Command("SELECT 1 FROM cache_mounts WHERE name = $name AND created >= $since").With("$name", name)
                        .With("$since", sharing == CacheMountSharing.Locked ? 0 : now).Number() is not null)
                {
                    return false;   // somebody made it at the same time
                }
                transaction.Publish(staging.Path, directory);
                transaction.Command("""
                    INSERT INTO cache_mounts(id, name, description, created, last_used, uses, bytes)
                    VALUES ($id, $name, $description, $now, $now, 1, 0)
                    """)
                    .With("$id", id).With("$name", name).With("$description", description).With("$now", now).ExecuteNonQuery();
                return true;
            });
            if (!made)
            {
                file.Dispose();
                return null;
            }
            return new CacheMountLease(Path.Combine(directory, "fs"), file, OnReleased);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    private Task NextRelease()
    {
        lock (_gate)
        {
            return _freed.Task;
        }
    }

    private void OnReleased()
    {
        TaskCompletionSource freed;
        lock (_gate)
        {
            freed = _freed;
            _freed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }
        freed.SetResult();
    }
}
