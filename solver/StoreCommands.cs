using Cairn.Cache;
using Cairn.Cache.Collection;
using Cairn.Cache.Verification;
using Cairn.Snapshotter.Store;

namespace Cairn.Solver;

/// <summary>The door of the command line to what lies in the store.</summary>
public sealed class StoreCommands
{
    private readonly BuildCache _cache;

    internal StoreCommands(BuildCache cache) => _cache = cache;

    /// <summary>Opens a store, compares everything in it with what vouches for it, and closes it. Builds may go on meanwhile.</summary>
    /// <param name="options">Where the store is.</param>
    /// <param name="progress">Told what is looked at, how many are done, and of how many; one call at a time.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <remarks>Files that nothing vouched for until now are recorded, so that the next check can tell whether they have changed.</remarks>
    public static async Task<StoreCheck> VerifyAsync(
        SolverOptions options, Action<string, int, int> progress, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(progress);
        if (DamagedIndex.Find(options.Root) is { } damage)
        {
            return new StoreCheck([IndexFinding(damage)], 0, 0, 0, 0, 0);
        }
        await using BuildSolver solver = BuildSolver.Open(options);
        return Tell(await solver.Store._cache.Verifier.RunAsync(
            step => progress(step.What, step.Done, step.Total), cancellationToken));
    }

    /// <summary>Opens a store, mends what is wrong in it, and closes it. What cannot be made again goes, with what stands on it.</summary>
    /// <param name="options">Where the store is.</param>
    /// <param name="progress">Told what is looked at, how many are done, and of how many; one call at a time.</param>
    /// <param name="cancellationToken">Stops it; what was mended stays mended.</param>
    /// <exception cref="Cairn.Llb.BuildException">The index must be replaced, and a process has the store open.</exception>
    public static async Task<StoreMending> RepairAsync(
        SolverOptions options, Action<string, int, int> progress, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(progress);
        List<StoreFinding> first = [];
        List<StoreMendingStep> steps = [];
        if (DamagedIndex.Find(options.Root) is { } damage)
        {
            first.Add(IndexFinding(damage));
            string aside = DamagedIndex.PutAside(options.Root);
            steps.Add(new StoreMendingStep(
                "reset", "the index", $"a new one begins empty, and what the old one named goes; the damaged one is in {aside}"));
        }
        await using BuildSolver solver = BuildSolver.Open(options);
        RepairReport report = await solver.Store._cache.Repair.RunAsync(
            step => progress(step.What, step.Done, step.Total), cancellationToken);
        StoreCheck before = Tell(report.Before);
        steps.AddRange(report.Steps.Select(static step => new StoreMendingStep(step.Did, step.Subject, step.How)));
        return new StoreMending(before with { Findings = [.. first, .. before.Findings] }, steps);
    }

    /// <summary>All records that a filter matches, the oldest first.</summary>
    /// <param name="filters">None matches everything.</param>
    /// <exception cref="Cairn.Llb.BuildException">Input: a filter cannot be read.</exception>
    public IReadOnlyList<StoredRecord> DiskUsage(IReadOnlyList<string> filters) => [.. _cache.Collector.DiskUsage(filters).Select(Tell)];

    /// <summary>Removes records, and waits until their files are gone.</summary>
    /// <param name="request">What to remove.</param>
    /// <param name="removed">Told of each record as it goes; may be null.</param>
    /// <param name="cancellationToken">Stops between records.</param>
    /// <returns>What was removed, in order; sizes are the bytes that each freed.</returns>
    /// <exception cref="Cairn.Llb.BuildException">Input: a filter cannot be read.</exception>
    public async Task<IReadOnlyList<StoredRecord>> PruneAsync(
        PruneRequest request, Action<StoredRecord>? removed, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        var options = new PruneOptions
        {
            All = request.All,
            KeepDuration = request.KeepDuration,
            MaxUsedSpace = request.MaxUsedSpace,
            ReservedSpace = request.ReservedSpace,
            MinFreeSpace = request.MinFreeSpace,
            Filters = request.Filters,
            Rule = RuleOf(request),
        };
        IReadOnlyList<UsageRecord> gone = await _cache.Collector.PruneAsync(
            options, removed is null ? null : record => removed(Tell(record)), cancellationToken);
        return [.. gone.Select(Tell)];
    }

    private static string RuleOf(PruneRequest request)
    {
        List<string> words = ["prune"];
        Add("--all", request.All);
        Add("--keep-duration", request.KeepDuration > TimeSpan.Zero);
        Add("--max-used-space", request.MaxUsedSpace > 0);
        Add("--reserved-space", request.ReservedSpace > 0);
        Add("--min-free-space", request.MinFreeSpace > 0);
        Add("--filter", request.Filters.Count > 0);
        return string.Join(' ', words);

        void Add(string word, bool isGiven)
        {
            if (isGiven)
            {
                words.Add(word);
            }
        }
    }

    private static StoreFinding IndexFinding(string damage) =>
        new("damaged-index", "cairn.db", "SQLite cannot use it: " + damage, [], IsDamage: true);

    private static StoreCheck Tell(StoreReport report) => new(
        [.. report.Findings.Select(static finding => new StoreFinding(
            Name(finding.Kind), finding.Subject, finding.Reason, finding.Details, finding.IsDamage))],
        report.Layers, report.Blobs, report.Rows, report.Recorded, report.Proven);

    private static string Name(FindingKind kind) => string.Concat(
        kind.ToString().Select(static (letter, i) => char.IsUpper(letter) ? (i == 0 ? "" : "-") + char.ToLowerInvariant(letter) : letter.ToString()));

    private static StoredRecord Tell(UsageRecord record) => new()
    {
        Id = record.Id,
        RecordType = record.RecordType,
        IsMutable = record.Mutable,
        IsInUse = record.InUse,
        IsShared = record.Shared,
        Size = record.Size,
        CreatedAt = record.CreatedAt,
        LastUsedAt = record.LastUsedAt,
        UsageCount = record.UsageCount,
        Parents = record.Parents,
        Description = record.Description,
    };
}
