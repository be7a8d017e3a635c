using Microsoft.Extensions.Logging;

namespace Cairn.Solver.Remote;

/// <summary>What is logged of caches elsewhere.</summary>
internal static partial class RemoteLog
{
    [LoggerMessage(3800, LogLevel.Warning, "{Name} failed, and the build goes on as it was asked to")]
    public static partial void CacheNotExported(this ILogger logger, string name, Exception cause);
}
