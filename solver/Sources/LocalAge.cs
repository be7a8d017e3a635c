namespace Cairn.Solver.Sources;

/// <summary>Whether a file was at rest long enough before it was read that any later change shows in its times.</summary>
/// <remarks>A file that is changed twice within one tick of the file system's clock has the same times after both.</remarks>
internal static class LocalAge
{
    private const long Tick = 50_000_000;   // the kernel's coarse clock, with room to spare
    private const long CoarseTick = 2_000_000_000;   // file systems that keep whole (or even) seconds
    private const long Second = 1_000_000_000;

    public static bool AreSettled(IReadOnlyList<LocalRecord> records, long begun) => records.All(record => IsSettled(record, begun));

    /// <summary>True for entries without content, and for clients that do not tell.</summary>
    public static bool IsSettled(LocalRecord record, long begun) =>
        record.ChangedNanoseconds == 0
        || record.ChangedNanoseconds + (record.ChangedNanoseconds % Second == 0 ? CoarseTick : Tick) < begun;
}
