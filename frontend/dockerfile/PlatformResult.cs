using Cairn.Llb;
using Pb = Cairn.Protos.Pb;

namespace Cairn.Frontend.Dockerfile;

/// <summary>The result for one platform.</summary>
/// <param name="Platform">What it is for.</param>
/// <param name="Definition">The graph; without ops it is an empty tree.</param>
/// <param name="Config">Image config, JSON, without diff ids and times of the new layers: the exporter adds them.</param>
public sealed record PlatformResult(Platform Platform, Pb.Definition Definition, byte[] Config)
{
    /// <summary>Image config of the base image as resolved; null for scratch.</summary>
    public byte[]? BaseConfig { get; init; }
}
