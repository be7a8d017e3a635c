namespace Cairn.Snapshotter.Manifests;

/// <summary>One thing in which a layer's directory is not what its manifest says.</summary>
/// <param name="Path">Absolute path in the layer; empty where the manifest itself is meant.</param>
/// <param name="What"><c>missing</c>, <c>extra</c>, <c>content</c>, <c>mode</c>, <c>owner</c>, <c>attribute user.x</c> and the like.</param>
/// <param name="Expected">What should be there; empty for nothing.</param>
/// <param name="Found">What is there; empty for nothing.</param>
public sealed record LayerDifference(string Path, string What, string Expected, string Found)
{
    /// <inheritdoc/>
    public override string ToString() =>
        (Path.Length == 0 ? What : Path + ": " + What)
        + (Expected.Length + Found.Length == 0 ? "" : $" (expected {Or(Expected)}, found {Or(Found)})");

    private static string Or(string text) => text.Length == 0 ? "nothing" : text;
}
