using Cairn.Snapshotter.Layers;

namespace Cairn.Snapshotter.Manifests;

/// <summary>What one walk over a change directory finds.</summary>
/// <param name="Usage">What it takes on disk.</param>
/// <param name="Manifest">What it changes.</param>
internal sealed record LayerSurvey(LayerUsage Usage, ChangeManifest Manifest);
