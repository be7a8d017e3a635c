using Microsoft.Extensions.Logging;

namespace Cairn.Snapshotter.Additional;

/// <summary>Log messages about additional stores: 1100 to 1119.</summary>
internal static partial class AdditionalLog
{
    [LoggerMessage(1100, LogLevel.Warning, "Additional store {Path} is left out: {Reason}")]
    public static partial void LeftOut(this ILogger logger, string path, string reason, Exception cause);

    [LoggerMessage(1101, LogLevel.Warning, "Layers of additional store {Path} cannot be locked ({Reason}); they are taken to stay as they are")]
    public static partial void NotLockable(this ILogger logger, string path, string reason);
}
