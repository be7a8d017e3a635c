namespace Cairn.Cache.Collection;

/// <summary>Which records go first: those used longest ago and least often.</summary>
/// <remarks>Source: control-and-status, section 19, step 3.</remarks>
internal static class PruneOrder
{
    public static IEnumerable<Candidate> Sort(List<Candidate> candidates)
    {
        Dictionary<Candidate, double> byTime = Positions(candidates, candidate => candidate.Record.LastUsedAt?.UtcTicks ?? 0);
        Dictionary<Candidate, double> byCount = Positions(candidates, candidate => candidate.Record.UsageCount);
        return candidates.OrderBy(candidate => byTime[candidate] + byCount[candidate])
            .ThenBy(candidate => candidate.Record.CreatedAt).ThenBy(candidate => candidate.Record.Id, StringComparer.Ordinal);
    }

    // Equal values share a position; positions are scaled to 0..1.
    private static Dictionary<Candidate, double> Positions(List<Candidate> candidates, Func<Candidate, long> value)
    {
        long[] distinct = [.. candidates.Select(value).Distinct().Order()];
        Dictionary<long, int> positions = distinct.Select((v, i) => (v, i)).ToDictionary(pair => pair.v, pair => pair.i);
        double highest = Math.Max(1, distinct.Length - 1);
        return candidates.ToDictionary(candidate => candidate, candidate => positions[value(candidate)] / highest);
    }
}
