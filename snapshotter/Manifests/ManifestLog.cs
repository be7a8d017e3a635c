using Cairn.Snapshotter.Layers;
using Microsoft.Extensions.Logging;

namespace Cairn.Snapshotter.Manifests;

internal static partial class ManifestLog
{
    [LoggerMessage(1040, LogLevel.Warning, "The stored manifest of layer {Layer} is missing or damaged; its directory is read instead. `cairn store verify` tells more.")]
    public static partial void ManifestDamaged(this ILogger logger, LayerId layer);
}
