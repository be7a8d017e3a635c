using Microsoft.Extensions.Logging;

namespace Cairn.Snapshotter.Store;

/// <summary>Log messages of the store: 1000 to 1099.</summary>
internal static partial class StoreLog
{
    [LoggerMessage(1000, LogLevel.Warning, "{Path} could not be deleted")]
    public static partial void TrashNotDeleted(this ILogger logger, string path, Exception cause);

    [LoggerMessage(1001, LogLevel.Information, "Reclaiming what instance {Instance} left, whose process is gone")]
    public static partial void InstanceReclaimed(this ILogger logger, string instance);

    [LoggerMessage(1002, LogLevel.Warning, "What the dead instance {Instance} left could not be reclaimed completely")]
    public static partial void InstanceNotReclaimed(this ILogger logger, string instance, Exception cause);

    [LoggerMessage(1003, LogLevel.Warning, "Changes of the failed write transaction could not be undone at {Path}")]
    public static partial void RenameNotUndone(this ILogger logger, string path, Exception cause);

    [LoggerMessage(1004, LogLevel.Error, "The store {Root} cannot be made durable or tidied; it is tried again")]
    public static partial void UpkeepFailed(this ILogger logger, string root, Exception cause);

    [LoggerMessage(1005, LogLevel.Warning, "After an unclean end of the machine {Count} entries of the store were dropped, because nothing proves what is in them: {Names}")]
    public static partial void FilesLost(this ILogger logger, int count, string names);

    [LoggerMessage(1006, LogLevel.Warning, "The disk of {Root} is full; the store used its reserve to delete")]
    public static partial void ReserveUsed(this ILogger logger, string root);

    [LoggerMessage(1007, LogLevel.Warning, "The mount point {Path} of an instance that is gone is not empty and stays: what is in it is not the store's")]
    public static partial void MountPointNotEmpty(this ILogger logger, string path);
}
