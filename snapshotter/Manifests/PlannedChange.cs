namespace Cairn.Snapshotter.Manifests;

/// <summary>One name that a difference says something about.</summary>
/// <param name="Name">The name.</param>
/// <param name="Entry">What shall be there; null if it is gone.</param>
/// <param name="Source">The layer that has it; null if it is gone.</param>
/// <param name="Path">Path in that layer, without a slash at the start.</param>
/// <param name="Children">What is said about names in the directory.</param>
internal sealed record PlannedChange(
    string Name, ChangeEntry? Entry, ManifestLayer? Source, string Path, IReadOnlyList<PlannedChange> Children);
