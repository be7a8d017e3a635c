using Cairn.Cache.Checksums;
using Cairn.Cache.Collection;
using Cairn.Cache.Refs;
using Cairn.Llb;
using Cairn.Snapshotter.Store;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;
using Definition = Cairn.Protos.Pb.Definition;

namespace Cairn.Solver.History;

/// <summary>
/// Writes records of builds. A build has a row and a directory from its begin on; the row says that it runs until it ends, and whoever finds it so
/// with a dead instance knows that it was interrupted. Nothing that goes wrong here harms a build.
/// </summary>
internal sealed class HistoryStore(StoreRoot store, Collector collector, HistoryOptions options, TimeProvider clock, ILogger logger)
{
    private const int MostRemovals = 32;   // rows removed in one write turn

    public HistoryFiles Files { get; } = new(store.Root);

    /// <summary>The limits, as they are now.</summary>
    public HistoryOptions Options { get; set; } = options;   // replaced as a whole

    /// <summary>Says whether retention spares a build.</summary>
    /// <returns>False if it is not recorded.</returns>
    public bool Pin(BuildId id, bool isPinned)
    {
        bool found = false;
        store.Write(transaction => found = HistoryTable.Pin(transaction, id, isPinned));
        return found;
    }

    /// <summary>Makes row and directory of a build.</summary>
    public void Begin(BuildSummary build) => Try(build.Id, () =>
    {
        Files.Prepare();
        using StagingDirectory staged = store.Stage("history");
        store.Write(transaction =>
        {
            transaction.Publish(staged.Path, Files.Directory(build.Id));
            HistoryTable.Insert(transaction, build, store.Instance.Id);
        });
    });

    public LogSpool OpenLog(BuildId id, DateTimeOffset begin, Task ready) => new(Files.Log(id), begin, ready, clock, logger);

    public bool HasFileList(Digest content) => store.Read(connection => HistoryTable.HasFileList(
        sql =>
        {
            SqliteCommand command = connection.CreateCommand();
#pragma warning disable CA2100 // A constant of the table's class.
            command.CommandText = sql;
#pragma warning restore CA2100
            return command;
        },
        content.ToString()));

    /// <summary>Writes what is known of a build that runs.</summary>
    public void Keep(BuildRecord record, IReadOnlyCollection<Definition> definitions) => Try(record.Id, () => Files.Write(record, definitions));

    /// <summary>Writes all that is known of a build that ended, and removes what exceeds the limits.</summary>
    /// <param name="record">The build.</param>
    /// <param name="definitions">What it loaded.</param>
    /// <param name="contents">Content digests that its steps name.</param>
    /// <param name="lists">The files behind those of them that the store has no list of.</param>
    /// <param name="kept">What is kept of a failed step.</param>
    public void End(
        BuildRecord record, IReadOnlyCollection<Definition> definitions, IEnumerable<Digest> contents,
        IReadOnlyList<(Digest Content, IReadOnlyList<ContentFile> Files)> lists,
        IReadOnlyList<KeptMount> kept) => Try(record.Id, () =>
    {
        long bytes = Files.Write(record, definitions);
        using StagingDirectory? staged = lists.Count > 0 ? store.Stage("filelists") : null;
        List<(string Digest, string Path, long Bytes)> written = [];
        foreach ((Digest content, IReadOnlyList<ContentFile> files) in lists)
        {
            string path = Path.Combine(staged!.Path, content.Hex);
            written.Add((content.ToString(), path, HistoryFiles.WriteFileList(path, files)));
        }

        // What is taken from a client is taken each time: no step that could have been cached.
        StepRecord[] steps = [.. record.NeededSteps.Where(static step => step.Kind.Length > 0 && step is not { Kind: "source", Recipe.Miss: MissWords.VolatileKey })];
        store.Write(transaction =>
        {
            HistoryTable.Update(transaction, new BuildSummary
            {
                Id = record.Id,
                Label = record.Label,
                Status = record.Status,
                Created = record.Created,
                Completed = record.Completed,
                Steps = steps.Length,
                CachedSteps = steps.Count(static step => step.Outcome == StepOutcome.Cached),
                Warnings = record.Warnings.Count,
                Error = record.Error?.Message.Split('\n')[0] ?? "",
                Bytes = bytes,
            });
            foreach ((string digest, string path, long size) in written)
            {
                transaction.Publish(path, Files.FileList(digest));
                HistoryTable.InsertFileList(transaction, digest, size);
            }

            foreach (KeptMount mount in kept)
            {
                HistoryTable.InsertMount(transaction, mount);
            }

            foreach (Digest content in contents.Distinct())
            {
                if (HistoryTable.HasFileList(transaction.Command, content.ToString()))
                {
                    HistoryTable.UseFileList(transaction, record.Id, content.ToString());
                }
            }
        });
        Retain();
        if (kept.Count > 0)
        {
            RetainSteps();
        }
    });

    /// <summary>The mounts of failed steps that are kept, the newest step first.</summary>
    public IReadOnlyList<KeptMount> KeptMounts() => store.Read(HistoryTable.ReadMounts);

    /// <summary>All builds, the newest first. One whose instance is gone and that has not ended was interrupted.</summary>
    public IReadOnlyList<BuildSummary> List() =>
    [
        .. store.Read(HistoryTable.Read).Select(row => row.Build.Status == BuildStatus.Running && !store.IsInstanceAlive(row.Instance)
            ? row.Build with { Status = BuildStatus.Interrupted, Bytes = LogBytes(row.Build.Id) }
            : row.Build),
    ];

    /// <summary>Bytes of the file lists that builds share.</summary>
    public long SharedBytes() => store.Read(HistoryTable.FileListBytes);

    /// <summary>Removes builds with all that belongs to them.</summary>
    public void Remove(IReadOnlyList<BuildId> ids)
    {
        KeptMount[] kept = [.. KeptMounts().Where(mount => ids.Contains(mount.Build))];
        foreach (BuildId[] portion in ids.Chunk(MostRemovals))
        {
            store.Write(transaction =>
            {
                foreach (BuildId id in portion)
                {
                    foreach (string digest in HistoryTable.Delete(transaction, id))
                    {
                        transaction.Trash(Files.FileList(digest));
                    }

                    transaction.Trash(Files.Directory(id));
                }
            });
        }

        Free(kept);
    }

    /// <summary>Removes what exceeds the limits, the oldest first; the newest build stays, and so does what runs.</summary>
    /// <returns>The builds that went.</returns>
    public IReadOnlyList<BuildSummary> Retain()
    {
        HistoryOptions limits = Options;
        DateTimeOffset oldest = clock.GetUtcNow() - limits.MaxAge;
        long bytes = 0;
        List<BuildSummary> gone = [];
        IReadOnlyList<BuildSummary> all = [.. List().Where(static build => !build.IsPinned)];
        for (int i = 0; i < all.Count; i++)
        {
            bytes += all[i].Bytes;
            bool isOver = i >= limits.MaxBuilds, isOld = all[i].Created < oldest;
            if (i > 0 && all[i].Status != BuildStatus.Running
                && ((limits.NeedsBothLimits ? isOver && isOld : isOver || isOld) || bytes > limits.MaxBytes))
            {
                gone.Add(all[i]);
            }
        }

        if (gone.Count > 0)
        {
            Remove([.. gone.Select(static build => build.Id)]);
        }

        return gone;
    }

    // The newest failed steps stay, as many as the limits allow.
    private void RetainSteps()
    {
        Dictionary<string, long> sizes = collector.DiskUsage([$"type=={RefDescription.FailedStep}"])
            .ToDictionary(static record => record.Id, static record => record.Size, StringComparer.Ordinal);
        int steps = 0;
        long bytes = 0;
        List<KeptMount> gone = [];
        foreach (IGrouping<(BuildId Build, Digest Step), KeptMount> step in KeptMounts().GroupBy(static mount => (mount.Build, mount.Step)))
        {
            bytes += step.Where(static mount => mount.IsOwn).Sum(mount => sizes.GetValueOrDefault(mount.Ref.ToString()));
            if (++steps > Options.MaxKeptSteps || (steps > 1 && bytes > Options.MaxKeptBytes))
            {
                gone.AddRange(step);
            }
        }

        if (gone.Count > 0)
        {
            store.Write(transaction =>
            {
                foreach ((BuildId build, Digest step) in gone.Select(static mount => (mount.Build, mount.Step)).Distinct())
                {
                    HistoryTable.DeleteMounts(transaction, build, step);
                }
            });
            Free(gone);
        }
    }

    // The records that were made for kept steps and that no other one shows.
    private void Free(IReadOnlyList<KeptMount> mounts)
    {
        HashSet<RefId> needed = [.. KeptMounts().Select(static mount => mount.Ref)];
        string[] filters = [.. mounts.Where(mount => mount.IsOwn && !needed.Contains(mount.Ref)).Select(static mount => $"id=={mount.Ref}").Distinct(StringComparer.Ordinal)];
        if (filters.Length > 0)
        {
            collector.PruneAsync(new PruneOptions { Filters = filters, Rule = "limit of kept steps" }, null, CancellationToken.None).GetAwaiter().GetResult();
        }
    }

    private long LogBytes(BuildId id) => new FileInfo(Files.Log(id)) is { Exists: true } log ? log.Length : 0;

    private void Try(BuildId id, Action write)
    {
        try
        {
            write();
        }
        catch (Exception e) when (e is BuildException or IOException or UnauthorizedAccessException)
        {
            logger.BuildNotRecorded(id.Value, e);
        }
    }
}
