using Microsoft.Extensions.Logging;

namespace Cairn.Snapshotter.Store;

/// <summary>Log messages of the store: 1000 to 1099.</summary>
internal static partial class StoreLog
{
    [LoggerMessage(1000, LogLevel.Warning, "{Path} could not be deleted")]
    public static partial void TrashNotDeleted(this ILogger logger, string path, Exception cause);

    [LoggerMessage(1001, LogLevel.Information, "Instance {Instance} has ended without closing the store; reclaiming what it left")]
    public static partial void InstanceReclaimed(this ILogger logger, string instance);

    [LoggerMessage(1002, LogLevel.Warning, "What the dead instance {Instance} left could not be reclaimed completely")]
    public static partial void InstanceNotReclaimed(this ILogger logger, string instance, Exception cause);

    [LoggerMessage(1003, LogLevel.Warning, "Changes of the failed write transaction could not be undone at {Path}")]
    public static partial void RenameNotUndone(this ILogger logger, string path, Exception cause);
}
