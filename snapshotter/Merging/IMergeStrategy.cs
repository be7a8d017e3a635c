using Cairn.Llb;
using Cairn.Snapshotter.Layers;

namespace Cairn.Snapshotter.Merging;

/// <summary>How a list of layers becomes one tree that a mount can show.</summary>
internal interface IMergeStrategy
{
    /// <summary>Which one it is.</summary>
    MergeStrategy Kind { get; }

    /// <summary>Directories whose joint mount shows the tree of the layers, bottom first.</summary>
    /// <param name="layers">The list; keeps what is returned, too, while it lives.</param>
    /// <param name="cancellationToken">Stops the work that touches files.</param>
    /// <exception cref="BuildException">The list is too long for any mount.</exception>
    IReadOnlyList<string> Merge(UsedLayers layers, CancellationToken cancellationToken);
}
