namespace Cairn.Snapshotter.Merging;

/// <summary>How a long list of layers is mounted: which flattened runs stand for parts of it, and which are worth making.</summary>
internal static class StackPlan
{
    /// <summary>The fewest places that a list takes with the runs there are.</summary>
    /// <param name="keys">The list, bottom first; see <see cref="KnownRun.Keys"/>.</param>
    /// <param name="runs">Runs that may occur in it.</param>
    /// <returns>Segments that cover the list, bottom first; each is a run or one layer.</returns>
    public static List<StackSegment> Cover(ReadOnlySpan<long> keys, IReadOnlyList<KnownRun> runs)
    {
        ILookup<long, KnownRun> byFirst = runs.ToLookup(static run => run.Keys[0]);
        var places = new int[keys.Length + 1];             // places that the rest of the list takes from here
        var next = new KnownRun?[keys.Length];
        for (int i = keys.Length - 1; i >= 0; i--)
        {
            places[i] = places[i + 1] + 1;
            foreach (KnownRun run in byFirst[keys[i]])
            {
                if (run.Keys.Length <= keys.Length - i && places[i + run.Keys.Length] + 1 < places[i]
                    && keys.Slice(i, run.Keys.Length).SequenceEqual(run.Keys))
                {
                    places[i] = places[i + run.Keys.Length] + 1;
                    next[i] = run;
                }
            }
        }
        var segments = new List<StackSegment>(places[0]);
        for (int i = 0; i < keys.Length; i += segments[^1].Count)
        {
            segments.Add(next[i] is { } run ? new StackSegment(i, run.Keys.Length, run.Id) : new StackSegment(i, 1, null));
        }
        return segments;
    }

    /// <summary>Runs to flatten so that a list takes few places: full strides from the bottom, so that growing lists share them.</summary>
    /// <param name="cover">The list as it is now.</param>
    /// <param name="limit">Places it should take at most.</param>
    /// <param name="stride">Layers in one run.</param>
    /// <returns>None if the limit is kept already.</returns>
    public static IReadOnlyList<StackSegment> Missing(IReadOnlyList<StackSegment> cover, int limit, int stride)
    {
        if (cover.Count <= limit)
        {
            return [];
        }
        List<StackSegment> strides = [];
        foreach (StackSegment stretch in Stretches(cover))
        {
            for (int done = 0; done + stride <= stretch.Count; done += stride)
            {
                strides.Add(new StackSegment(stretch.First + done, stride, null));
            }
        }
        if (cover.Count - (strides.Count * (stride - 1)) <= limit)
        {
            return strides;
        }
        // Many short stretches between runs: strides of the whole list, whatever is there.
        int all = cover[^1].First + cover[^1].Count;
        HashSet<(int, int)> made = [.. cover.Where(static segment => segment.Run is not null).Select(static segment => (segment.First, segment.Count))];
        return [.. Enumerable.Range(0, all / stride).Where(i => !made.Contains((i * stride, stride)))
            .Select(i => new StackSegment(i * stride, stride, null))];
    }

    /// <summary>The longest stretches of at least two layers that no run stands for.</summary>
    public static IEnumerable<StackSegment> Stretches(IReadOnlyList<StackSegment> cover)
    {
        int first = 0;
        int count = 0;
        foreach (StackSegment segment in cover)
        {
            if (segment.Run is null)
            {
                first = count == 0 ? segment.First : first;
                count++;
                continue;
            }
            if (count > 1)
            {
                yield return new StackSegment(first, count, null);
            }
            count = 0;
        }
        if (count > 1)
        {
            yield return new StackSegment(first, count, null);
        }
    }
}
