namespace Cairn.Cache.Collection;

/// <summary>How many bytes a pruning leaves.</summary>
/// <remarks>Source: control-and-status, section 19, step 2.</remarks>
internal static class PruneLimit
{
    /// <summary>Bytes to keep, or null to remove whatever may go.</summary>
    public static long? Keep(PruneOptions options, long total, Func<long> freeSpace)
    {
        if (options is { MaxUsedSpace: 0, ReservedSpace: 0, MinFreeSpace: 0 })
        {
            return null;
        }
        long keep = options.MaxUsedSpace;
        if (options.MinFreeSpace > 0)
        {
            long excess = options.MinFreeSpace - freeSpace();
            if (excess > 0)
            {
                long left = Math.Max(0, total - excess);
                keep = keep == 0 ? left : Math.Min(keep, left);
            }
            else if (keep == 0)
            {
                keep = total;
            }
        }
        return Math.Max(keep, options.ReservedSpace);
    }
}
