using Cairn.Llb;

namespace Cairn.Solver.Exporters;

/// <summary>An image that is ready to be written somewhere.</summary>
/// <param name="Top">The manifest, or the index over several, as the response describes it.</param>
/// <param name="Config">Config of a single image; null for an index.</param>
/// <param name="Layers">Layers of a single image, bottom first; empty for an index.</param>
/// <param name="Blobs">Everything reachable from the top, each digest once, what is referred to before what refers to it.</param>
internal sealed record AssembledImage(Descriptor Top, Descriptor? Config, IReadOnlyList<Descriptor> Layers, IReadOnlyList<ImageBlob> Blobs);
