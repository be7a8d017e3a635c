using Cairn.Llb;

namespace Cairn.Solver.Images;

/// <summary>One image: its config and its layers, bottom first.</summary>
/// <remarks>Source: OCI image-spec, manifest.md.</remarks>
public sealed record ImageManifest(string MediaType, Descriptor Config, IReadOnlyList<Descriptor> Layers);
