using System.Collections.Concurrent;

namespace Cairn.Snapshotter.Merging;

/// <summary>How often files took the next best way into a tree, by reason: counted, because a message for each file would drown the rest.</summary>
internal sealed class FallbackCounts
{
    private readonly ConcurrentDictionary<Fallback, long> _counts = new();

    /// <summary>The counts so far.</summary>
    public IReadOnlyDictionary<Fallback, long> Now => new Dictionary<Fallback, long>(_counts);

    /// <summary>Counts one file.</summary>
    public void Add(Fallback reason) => _counts.AddOrUpdate(reason, 1, static (_, count) => count + 1);
}
