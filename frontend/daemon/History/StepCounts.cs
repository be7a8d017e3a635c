using Cairn.Daemon.Status;
using Cairn.Protos.Control;

namespace Cairn.Daemon.History;

/// <summary>How many steps a build had, counted in what clients were told.</summary>
internal sealed class StepCounts
{
    private readonly HashSet<string> _all = new(StringComparer.Ordinal);
    private readonly HashSet<string> _cached = new(StringComparer.Ordinal);
    private readonly HashSet<string> _completed = new(StringComparer.Ordinal);
    private readonly HashSet<string> _failed = new(StringComparer.Ordinal);
    private int _warnings;

    /// <summary>Steps that failed.</summary>
    public int Failed => _failed.Count;

    /// <summary>The counts of a build that has ended.</summary>
    public static async Task<StepCounts> OfAsync(StatusFeed feed)
    {
        var counts = new StepCounts();
        await foreach (StatusResponse message in feed.ReadAsync(CancellationToken.None))
        {
            counts.Take(message);
        }

        return counts;
    }

    private void Take(StatusResponse message)
    {
        foreach (Vertex vertex in message.Vertexes)
        {
            _all.Add(vertex.Digest);
            if (vertex.Cached)
            {
                _cached.Add(vertex.Digest);
            }

            if (vertex.Error.Length > 0)
            {
                _failed.Add(vertex.Digest);
            }

            if (vertex.Completed is not null)
            {
                _completed.Add(vertex.Digest);
            }
        }

        _warnings += message.Warnings.Count;
    }

    public void WriteTo(BuildHistoryRecord record)
    {
        record.NumTotalSteps = _all.Count;
        record.NumCachedSteps = _cached.Count;
        record.NumCompletedSteps = _completed.Count;
        record.NumWarnings = _warnings;
    }
}
