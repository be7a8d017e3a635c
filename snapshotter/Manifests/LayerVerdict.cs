namespace Cairn.Snapshotter.Manifests;

/// <summary>What a check of a layer's directory found.</summary>
/// <param name="Differences">How it differs from its manifest and contents; none for a good layer.</param>
/// <param name="IsManifestProven">The row vouches for the manifest, and the stored manifest is that one.</param>
/// <param name="AreContentsProven">The row vouches for the contents of files too, and they were compared.</param>
/// <param name="Manifest">The manifest of the directory as it is.</param>
/// <param name="Contents">Hashes of the files as they are.</param>
public sealed record LayerVerdict(
    IReadOnlyList<LayerDifference> Differences, bool IsManifestProven, bool AreContentsProven, ChangeManifest Manifest, LayerContents Contents);
