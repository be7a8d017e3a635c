using Microsoft.Extensions.Logging;

namespace Cairn.Frontend.Gateway.Images;

internal static partial class GatewayLog
{
    [LoggerMessage(7600, LogLevel.Information, "frontend {Source}: {Text}")]
    public static partial void FrontendSaid(this ILogger logger, string source, string text);
}
