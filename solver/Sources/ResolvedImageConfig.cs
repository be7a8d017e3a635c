using Cairn.Llb;

namespace Cairn.Solver.Sources;

/// <summary>An image without its layers.</summary>
/// <param name="Reference">As resolved.</param>
/// <param name="Digest">What the reference stands for: of an image in an index, the index's.</param>
/// <param name="Config">The config JSON, byte for byte.</param>
public sealed record ResolvedImageConfig(string Reference, Digest Digest, byte[] Config);
