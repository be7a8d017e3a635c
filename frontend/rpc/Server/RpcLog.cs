using Microsoft.Extensions.Logging;

namespace Cairn.Rpc.Server;

internal static partial class RpcLog
{
    [LoggerMessage(6000, LogLevel.Warning, "The handler of {Path} has failed")]
    public static partial void HandlerFailed(this ILogger logger, string path, Exception cause);
}
