using System.Globalization;
using System.Text;
using Cairn.Llb;
using Cairn.Snapshotter.Layers;
using Cairn.Snapshotter.Native;
using Cairn.Snapshotter.Store;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;
using Microsoft.Win32.SafeHandles;

namespace Cairn.Snapshotter.Merging;

/// <summary>
/// Runs of neighbouring layers that were written into one directory. A run stands for its layers wherever they follow each other in a list,
/// for every process and after restarts, and goes with the first of them that goes.
/// </summary>
/// <param name="store">Has them below <c>flattened</c>.</param>
/// <param name="table">Rows and directories of layers.</param>
/// <param name="strategy">How files get into a run.</param>
/// <param name="counts">Counts what was refused.</param>
#pragma warning disable CA1001 // A semaphore whose wait handle is never asked for has nothing to dispose.
internal sealed class FlattenedRuns(StoreRoot store, LayerTable table, MergeStrategy strategy, FallbackCounts counts)
#pragma warning restore CA1001
{
    private readonly ILogger _logger = store.Options.Loggers.CreateLogger("Cairn.Snapshotter.Merging");
    private readonly SemaphoreSlim _making = new(1);   // one at a time in this process, so that equal wishes are fulfilled once
    private int _background;                           // 1 while background work is queued or at work

    /// <summary>The fewest places that a list takes with the runs that exist.</summary>
    public List<StackSegment> Cover(IReadOnlyList<StackedLayer> stack) =>
        StackPlan.Cover([.. stack.Select(static layer => layer.Key)], Known(stack));

    /// <summary>The directories of a list, with the runs that exist; those are kept as long as the layers are.</summary>
    /// <returns>Bottom first.</returns>
    /// <exception cref="BuildException">They are too many for a mount.</exception>
    public IReadOnlyList<string> Hold(UsedLayers layers)
    {
        StackedLayer[] stack = StackedLayer.Of(layers);
        List<StackSegment> cover = Cover(stack);
        List<SafeFileHandle> held = [];
        if (!TryHold(cover, held))
        {
            // A layer was removed while we read it, and a run with it: do without.
            held.ForEach(static run => run.Dispose());
            held.Clear();
            cover = StackPlan.Cover([.. stack.Select(static layer => layer.Key)], []);
        }
        held.ForEach(layers.AlsoKeep);
        LayerList.CheckCount(stack.Length, cover.Count);
        return [.. cover.Select(segment => segment.Run is { } run
            ? StagedLayer.ChangesIn(DirectoryOf(store, run))
            : stack[segment.First].Directory)];
    }

    /// <summary>Flattens those of the segments that are not flattened yet.</summary>
    public void Make(UsedLayers layers, IEnumerable<StackSegment> segments, CancellationToken cancellationToken)
    {
        StackedLayer[] stack = StackedLayer.Of(layers);
        foreach (StackSegment segment in segments)
        {
            _making.Wait(cancellationToken);
            try
            {
                Make(stack.AsSpan(segment.First, segment.Count).ToArray(), cancellationToken);
            }
            finally
            {
                _making.Release();
            }
        }
    }

    /// <summary>
    /// Flattens segments after the call has returned, unless that is being done already or another process is at it. Layers of other stores
    /// are left as they are, because their files would have to be copied.
    /// </summary>
    public void MakeInBackground(IReadOnlyList<LayerId> list, IReadOnlyList<StackSegment> segments)
    {
        if (Interlocked.Exchange(ref _background, 1) != 0)
        {
            return;
        }
        store.Background.Start(token =>
        {
            try
            {
                using SafeFileHandle turn = Files.Open(Path.Combine(store.Root, "flattening"), Libc.O_RDWR | Libc.O_CREAT, 0x180);
                if (Files.TryLock(turn, exclusive: true, wait: false))
                {
                    using UsedLayers layers = table.Use(list);
                    Make(layers, segments.Where(segment => IsOurs(layers, segment)), token);
                }
            }
            catch (OperationCanceledException) when (token.IsCancellationRequested)
            {
                // The store is being closed; the next mount of such a list asks again.
            }
            catch (BuildException e)
            {
                _logger.NotFlattened(list.Count, e);   // joining works without
            }
            finally
            {
                Volatile.Write(ref _background, 0);
            }
        });
    }

    /// <summary>Removes the runs that a layer is part of; their files are deleted after the commit.</summary>
    public static void RemoveWith(WriteTransaction transaction, StoreRoot store, LayerId layer)
    {
        SqliteCommand find = transaction.Command("SELECT run FROM flattened_sources WHERE layer = $layer");
        find.Parameters.AddWithValue("$layer", layer.Value);
        List<long> runs = [];
        using (SqliteDataReader reader = find.ExecuteReader())
        {
            while (reader.Read())
            {
                runs.Add(reader.GetInt64(0));
            }
        }
        foreach (long run in runs)
        {
            Remove(transaction, store, run);
        }
    }

    /// <summary>
    /// Directory with the whole tree of a list, nothing below it and no deletions in it; made if nobody has made it, and kept as long as the
    /// layers are.
    /// </summary>
    /// <returns>Null if a layer was removed meanwhile, or is another store's, whose files would be copied to stay here.</returns>
    public string? TryWhole(UsedLayers layers, CancellationToken cancellationToken)
    {
        StackedLayer[] stack = StackedLayer.Of(layers);
        if (!IsOurs(layers, new StackSegment(0, stack.Length, null)))
        {
            return null;
        }
        if (TryHoldWhole(layers, stack) is { } known)
        {
            return known;
        }
        _making.Wait(cancellationToken);
        try
        {
            if (TryHoldWhole(layers, stack) is { } made)
            {
                return made;
            }
            Write(stack, isWhole: true, cancellationToken);
        }
        finally
        {
            _making.Release();
        }
        return TryHoldWhole(layers, stack);
    }

    private string? TryHoldWhole(UsedLayers layers, StackedLayer[] stack)
    {
        long? run = store.Read(connection =>
        {
            using SqliteCommand select = connection.CreateCommand();
            select.CommandText = "SELECT id FROM flattened WHERE identity = $identity";
            select.Parameters.AddWithValue("$identity", Identity(Sources(stack), isWhole: true));
            return (long?)select.ExecuteScalar();
        });
        List<SafeFileHandle> held = [];
        if (run is { } id && TryHold([new StackSegment(0, stack.Length, id)], held))
        {
            held.ForEach(layers.AlsoKeep);
            return StagedLayer.ChangesIn(DirectoryOf(store, id));
        }
        held.ForEach(static one => one.Dispose());
        return null;
    }

    private List<KnownRun> Known(IReadOnlyList<StackedLayer> stack) => store.Read(connection =>
    {
        using SqliteCommand select = connection.CreateCommand();
        select.CommandText = "SELECT flattened.id, sources FROM json_each($ids) JOIN flattened ON first = json_each.value WHERE NOT whole";
        select.Parameters.AddWithValue("$ids", "[" + string.Join(',', stack.Select(static layer => layer.Layer)) + "]");
        using SqliteDataReader reader = select.ExecuteReader();
        var runs = new List<KnownRun>();
        while (reader.Read())
        {
            runs.Add(new KnownRun(reader.GetInt64(0), Keys(reader.GetString(1))));
        }
        return runs;
    });

    private void Make(StackedLayer[] layers, CancellationToken cancellationToken)
    {
        if (Cover(layers).Count == 1)
        {
            return;   // somebody has made it meanwhile
        }
        Write(layers, isWhole: false, cancellationToken);
    }

    private void Write(StackedLayer[] layers, bool isWhole, CancellationToken cancellationToken)
    {
        using StagingDirectory staging = StagedLayer.Create(store, "flattened");
        Failpoints.Hit("flatten.staged");
        string[] topFirst = [.. layers.Reverse().Select(static layer => layer.Directory)];
        string target = StagedLayer.ChangesIn(staging.Path);
        if (isWhole)
        {
            Flattening.Run(topFirst, target, strategy, counts, cancellationToken);
        }
        else
        {
            Flattening.RunBetween(topFirst, target, strategy, counts, cancellationToken);
        }
        Failpoints.Hit("flatten.filled");
        cancellationToken.ThrowIfCancellationRequested();
        store.Write(transaction => Publish(transaction, staging, layers, isWhole));
        Failpoints.Hit("flatten.published");
        _logger.Flattened(layers.Length);
    }

    private void Publish(WriteTransaction transaction, StagingDirectory staging, StackedLayer[] layers, bool isWhole)
    {
        string sources = Sources(layers);
        string ids = "[" + string.Join(',', layers.Select(static layer => layer.Layer)) + "]";
        SqliteCommand count = transaction.Command("SELECT count(*) FROM layers WHERE id IN (SELECT value FROM json_each($ids))");
        count.Parameters.AddWithValue("$ids", ids);
        if ((long)count.ExecuteScalar()! != layers.Length)
        {
            return;   // a layer was removed meanwhile, and nobody will list it again
        }
        string identity = Identity(sources, isWhole);
        SqliteCommand find = transaction.Command("SELECT 1 FROM flattened WHERE identity = $identity");
        find.Parameters.AddWithValue("$identity", identity);
        if (find.ExecuteScalar() is not null)
        {
            return;   // another process was quicker
        }
        SqliteCommand insert = transaction.Command(
            """
            INSERT INTO flattened (identity, first, sources, sequence, whole) VALUES ($identity, $first, $sources, $sequence, $whole) RETURNING id
            """);
        insert.Parameters.AddWithValue("$identity", identity);
        insert.Parameters.AddWithValue("$first", layers[0].Layer.Value);
        insert.Parameters.AddWithValue("$sources", sources);
        insert.Parameters.AddWithValue("$sequence", transaction.Sequence);
        insert.Parameters.AddWithValue("$whole", isWhole);
        long id = (long)insert.ExecuteScalar()!;
        SqliteCommand note = transaction.Command("INSERT INTO flattened_sources SELECT value, $run FROM json_each($ids)");
        note.Parameters.AddWithValue("$run", id);
        note.Parameters.AddWithValue("$ids", ids);
        note.ExecuteNonQuery();
        Failpoints.Hit("flatten.rows");
        transaction.Publish(staging.Path, DirectoryOf(store, id));
        Failpoints.Hit("flatten.renamed");
    }

    /// <summary>Removes a run; its files are deleted after the commit.</summary>
    public static void Remove(WriteTransaction transaction, StoreRoot store, long run)
    {
        foreach (string sql in (string[])["DELETE FROM flattened WHERE id = $run", "DELETE FROM flattened_sources WHERE run = $run"])
        {
            SqliteCommand delete = transaction.Command(sql);
            delete.Parameters.AddWithValue("$run", run);
            delete.ExecuteNonQuery();
        }
        transaction.Trash(DirectoryOf(store, run));
    }

    // Whoever deletes from the trash takes this lock first, and leaves alone what others have.
    private bool TryHold(List<StackSegment> cover, List<SafeFileHandle> held)
    {
        foreach (long run in cover.Where(static segment => segment.Run is not null).Select(static segment => segment.Run!.Value))
        {
            SafeFileHandle? directory = Files.TryOpenAt(
                Files.Anywhere, DirectoryOf(store, run), Libc.O_RDONLY | Libc.O_DIRECTORY, 0, out int errno);
            if (directory is null)
            {
                return errno == Errno.ENOENT ? false : throw new NativeException("open", DirectoryOf(store, run), errno);
            }
            held.Add(directory);
            if (!Files.TryLock(directory, exclusive: false, wait: false))
            {
                return false;
            }
        }
        return true;
    }

    private bool IsOurs(UsedLayers layers, StackSegment segment) => layers.Directories.Skip(segment.First).Take(segment.Count)
        .All(directory => directory.StartsWith(store.Root + "/", StringComparison.Ordinal));

    /// <summary>Directory of a run.</summary>
    public static string DirectoryOf(StoreRoot store, long run) =>
        Path.Combine(store.Root, "flattened", run.ToString(CultureInfo.InvariantCulture));

    private static string Sources(StackedLayer[] layers) => string.Join(',', layers.Select(static layer => layer.Key));

    private static string Identity(string sources, bool isWhole) =>
        Blake3.Hasher.Hash(Encoding.ASCII.GetBytes(isWhole ? "whole " + sources : sources)).ToString();

    private static long[] Keys(string sources) =>
        [.. sources.Split(',').Select(static key => long.Parse(key, CultureInfo.InvariantCulture))];
}
