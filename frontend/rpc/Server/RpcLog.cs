using Microsoft.Extensions.Logging;

namespace Cairn.Rpc.Server;

internal static partial class RpcLog
{
    [LoggerMessage(6000, LogLevel.Warning, "The handler of {Path} has failed")]
    public static partial void HandlerFailed(this ILogger logger, string path, Exception cause);

    [LoggerMessage(6001, LogLevel.Warning, "A connection to {Address} could not be taken; trying again")]
    public static partial void AcceptFailed(this ILogger logger, string address, Exception cause);

    [LoggerMessage(6002, LogLevel.Information, "A client of {Address} was turned away before its first call")]
    public static partial void ClientRefused(this ILogger logger, string address, Exception cause);
}
