using Cairn.Llb;

namespace Cairn.Solver.Images;

/// <summary>An image that was found, without its layers' bytes.</summary>
/// <param name="Root">What the reference stands for: an index's digest where there is an index.</param>
/// <param name="Manifest">Of the image itself.</param>
/// <param name="Config">What the engine reads of the config.</param>
/// <param name="ConfigBytes">Config, byte for byte.</param>
public sealed record ResolvedImage(Digest Root, ImageManifest Manifest, ImageConfig Config, byte[] ConfigBytes);
