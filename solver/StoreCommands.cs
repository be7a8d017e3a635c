using Cairn.Cache.Collection;

namespace Cairn.Solver;

/// <summary>The door of the command line to what lies in the store.</summary>
public sealed class StoreCommands
{
    private readonly Collector _collector;

    internal StoreCommands(Collector collector) => _collector = collector;

    /// <summary>All records that a filter matches, the oldest first.</summary>
    /// <param name="filters">None matches everything.</param>
    /// <exception cref="Cairn.Llb.BuildException">Input: a filter cannot be read.</exception>
    public IReadOnlyList<StoredRecord> DiskUsage(IReadOnlyList<string> filters) => [.. _collector.DiskUsage(filters).Select(Tell)];

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
        };
        IReadOnlyList<UsageRecord> gone = await _collector.PruneAsync(
            options, removed is null ? null : record => removed(Tell(record)), cancellationToken);
        return [.. gone.Select(Tell)];
    }

    private static StoredRecord Tell(UsageRecord record) => new()
    {
        Id = record.Id,
        RecordType = record.RecordType,
        IsMutable = record.Mutable,
        IsInUse = record.InUse,
        IsShared = record.Shared,
        Broken = record.Broken,
        Size = record.Size,
        CreatedAt = record.CreatedAt,
        LastUsedAt = record.LastUsedAt,
        UsageCount = record.UsageCount,
        Parents = record.Parents,
        Description = record.Description,
    };
}
