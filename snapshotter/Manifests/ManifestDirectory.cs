using Cairn.Snapshotter.Merging;
using Cairn.Snapshotter.Native;
using Cairn.Snapshotter.Trees;

namespace Cairn.Snapshotter.Manifests;

/// <summary>A directory of a layer, known by the layer's manifest alone.</summary>
/// <param name="layer">The layer.</param>
/// <param name="entry">The directory.</param>
/// <param name="path">Its path in the layer without a slash at the start; empty for the root.</param>
internal sealed class ManifestDirectory(ManifestLayer layer, ChangeEntry entry, string path) : ILayerDirectory<ManifestDirectory>
{
    /// <summary>The layer.</summary>
    public ManifestLayer Layer => layer;

    /// <summary>The directory.</summary>
    public ChangeEntry Entry => entry;

    public bool IsOpaque => entry.Operation == ChangeOperation.Opaque;

    /// <summary>A stack of layers as one tree.</summary>
    /// <param name="layers">Bottom first.</param>
    public static MergedDirectory<ManifestDirectory> Join(IReadOnlyList<ManifestLayer> layers) => MergedDirectory<ManifestDirectory>.Open(
        layers.Count == 0
            ? [new ManifestDirectory(Nothing, Nothing.Manifest.Root, "")]
            : layers.Reverse().Select(static layer => new ManifestDirectory(layer, layer.Manifest.Root, "")),
        isBottom: true);

    public IReadOnlyList<LayerItem> Items() =>
        [.. entry.Children.Select(static child => new LayerItem(child.Name, child.Kind, child.IsWhiteout))];

    public ManifestDirectory Enter(string name) => new(layer, Child(name), PathOf(name));

    /// <summary>An entry by its name, which must be there.</summary>
    public ChangeEntry Child(string name)
    {
        int low = 0;
        for (int high = entry.Children.Count - 1; low < high;)
        {
            int middle = (low + high) / 2;
            (low, high) = PathText.Compare(entry.Children[middle].Name, name) < 0 ? (middle + 1, high) : (low, middle);
        }
        return entry.Children[low];
    }

    /// <summary>Path in the layer of an entry.</summary>
    public string PathOf(string name) => path.Length == 0 ? name : path + "/" + name;

    public void Dispose()
    {
        // Nothing is open.
    }

    // The tree of no layers: an empty directory, the same wherever and whenever it is looked at.
    private static ManifestLayer Nothing { get; } = new(
        "", new ChangeManifest(new ChangeEntry { Name = "", Operation = ChangeOperation.Set, Kind = FileKind.Directory, Mode = 0x1ed }), null);
}
