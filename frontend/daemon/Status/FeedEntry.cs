using Cairn.Solver.Progress;

namespace Cairn.Daemon.Status;

/// <summary>One piece of news in a feed.</summary>
/// <param name="sequence">Its place; later news have higher ones.</param>
/// <param name="news">The news; a log that was spilled has no bytes in it.</param>
internal sealed class FeedEntry(long sequence, BuildEvent news)
{
    public long Sequence { get; } = sequence;

    public BuildEvent News { get; } = news;

    /// <summary>Newer news of the same thing are further on.</summary>
    public bool IsSuperseded { get; set; }

    /// <summary>Where the bytes of a log are in the spill file, and how many; length 0 for those that are in memory.</summary>
    public (long Offset, int Length) Spilled { get; init; }
}
