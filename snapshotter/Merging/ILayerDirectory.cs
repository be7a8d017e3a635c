namespace Cairn.Snapshotter.Merging;

/// <summary>A directory of one layer, as merging sees it: on disk, or in the memory of a test.</summary>
/// <typeparam name="TSelf">The type that implements this.</typeparam>
internal interface ILayerDirectory<TSelf> : IDisposable
    where TSelf : class, ILayerDirectory<TSelf>
{
    /// <summary>It hides everything that layers below have in this place.</summary>
    bool IsOpaque { get; }

    /// <summary>Its names, each once, in any order. May be asked for once.</summary>
    IReadOnlyList<LayerItem> Items();

    /// <summary>A directory among them.</summary>
    TSelf Enter(string name);
}
