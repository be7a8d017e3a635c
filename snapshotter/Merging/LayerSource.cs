namespace Cairn.Snapshotter.Merging;

/// <summary>A layer whose files go into a tree, and what turned out not to be possible with them there.</summary>
/// <param name="directory">Change directory.</param>
internal sealed class LayerSource(string directory)
{
    // Set by any worker, never unset; a stale read costs one more failing call.
    private volatile bool _refusesLinks;
    private volatile bool _refusesClones;

    /// <summary>Change directory.</summary>
    public string Directory => directory;

    /// <summary>No file of it can be linked into the tree: another filesystem, or one without links.</summary>
    public bool RefusesLinks
    {
        get => _refusesLinks;
        set => _refusesLinks = value;
    }

    /// <summary>No file of it can share blocks with the tree.</summary>
    public bool RefusesClones
    {
        get => _refusesClones;
        set => _refusesClones = value;
    }
}
