using System.Collections.Concurrent;
using Cairn.Cache.Refs;
using Cairn.Solver.Scheduling;

namespace Cairn.Solver.Jobs;

/// <summary>The refs behind the results that the graph holds. Safe for several threads.</summary>
internal sealed class ResultTable
{
    private readonly ConcurrentDictionary<ResultId, ImmutableRef?> _refs = [];
    private long _next;

    /// <summary>Takes a ref over; null is scratch.</summary>
    public ResultId Add(ImmutableRef? result)
    {
        var id = new ResultId(Interlocked.Increment(ref _next));
        _refs[id] = result;
        return id;
    }

    /// <summary>A claim for the caller; null is scratch.</summary>
    public ImmutableRef? Clone(ResultId id) => _refs[id]?.Clone();

    /// <summary>A claim for the caller; null is scratch, or a result that was given up.</summary>
    public ImmutableRef? TryClone(ResultId id) => _refs.TryGetValue(id, out ImmutableRef? result) ? result?.Clone() : null;

    /// <summary>Gives the table's claim up.</summary>
    public void Remove(ResultId id)
    {
        if (_refs.TryRemove(id, out ImmutableRef? result))
        {
            result?.Dispose();
        }
    }

    /// <summary>Gives all claims up.</summary>
    public void Clear()
    {
        foreach (ResultId id in _refs.Keys)
        {
            Remove(id);
        }
    }
}
