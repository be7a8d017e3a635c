namespace Cairn.Daemon.Configuration;

/// <summary>The rules for a cache of which nobody has said what it may keep.</summary>
/// <remarks>Source: control-and-status.md, section 19, "Default GC policy".</remarks>
internal static class GcDefaults
{
    private const long TransientBytes = 512_000_000;
    private const long MostReserved = 10_000_000_000;
    private const long MostUsed = 100_000_000_000;
    private const long UnknownDisk = 2_000_000_000;

    /// <summary>Bytes that are a part of a disk.</summary>
    /// <param name="total">Bytes of the disk; 0 if that is not known.</param>
    /// <param name="percent">The part.</param>
    public static long PartOf(long total, int percent) => total <= 0 ? UnknownDisk : ((total / 100 * percent / (1L << 30)) + 1) * 1_000_000_000;

    /// <summary>Four rules, the strictest on what is easily made again.</summary>
    /// <param name="spaces">What was configured; if nothing was, parts of the disk.</param>
    /// <param name="disk">Bytes of the disk; 0 if that is not known.</param>
    public static IReadOnlyList<GcRule> Rules(GcSpaces spaces, long disk)
    {
        GcSpaces limits = spaces != GcSpaces.None
            ? spaces
            : new GcSpaces(Math.Min(PartOf(disk, 10), MostReserved), Math.Min(PartOf(disk, 80), MostUsed), PartOf(disk, 20));
        var limited = new GcRule
        {
            ReservedSpace = limits.Reserved, MaxUsedSpace = limits.MaxUsed, MinFreeSpace = limits.MinFree,
        };
        return
        [
            new GcRule
            {
                Filters = ["type==source.local", "type==exec.cachemount", "type==source.git.checkout"],
                KeepDuration = TimeSpan.FromHours(48),
                MaxUsedSpace = TransientBytes,
            },
            limited with { KeepDuration = TimeSpan.FromDays(60) },
            limited,
            limited with { All = true },
        ];
    }
}
