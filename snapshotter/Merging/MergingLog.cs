using Microsoft.Extensions.Logging;

namespace Cairn.Snapshotter.Merging;

/// <summary>Log messages of merging: 1100 to 1149.</summary>
internal static partial class MergingLog
{
    [LoggerMessage(1100, LogLevel.Warning, "{Count} layers could not be flattened in the background; mounts join them as they are")]
    public static partial void NotFlattened(this ILogger logger, int count, Exception cause);

    [LoggerMessage(1101, LogLevel.Debug, "{Count} layers were flattened")]
    public static partial void Flattened(this ILogger logger, int count);
}
