using Cairn.Cache.Refs;
using Cairn.Llb;

namespace Cairn.Solver.Exporters;

/// <summary>The result for one platform.</summary>
/// <param name="Id">Key of the result, for instance <c>linux/amd64</c>; empty if the result is not divided.</param>
/// <param name="Platform">The platform; null if nobody named one.</param>
/// <param name="Ref">The file system, borrowed; null is scratch.</param>
/// <param name="Config">Image config JSON of the frontend, without layers; null if it gave none.</param>
/// <param name="BaseConfig">Config of the image that this one is built on; null if unknown.</param>
public sealed record ExportPlatform(string Id, Platform? Platform, ImmutableRef? Ref, byte[]? Config, byte[]? BaseConfig);
