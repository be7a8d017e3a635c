using Cairn.Snapshotter.Layers;

namespace Cairn.Snapshotter.Tars;

/// <summary>The layers that an archive lies on; asked for only when something in the archive refers to them.</summary>
internal sealed class LayersBelow(Func<IReadOnlyList<LayerId>> parents, ISnapshotter? snapshotter) : IDisposable
{
    private LayerFiles? _files;
    private UsedLayers? _used;

    /// <summary>Their files; the first use may wait until they are there.</summary>
    public LayerFiles Files
    {
        get
        {
            if (_files is null)
            {
                IReadOnlyList<LayerId> layers = parents();
                _used = layers.Count == 0 ? null : snapshotter!.Use(layers);
                _files = new LayerFiles(_used?.Directories ?? []);
            }
            return _files;
        }
    }

    public void Dispose()
    {
        _files?.Dispose();
        _used?.Dispose();
    }
}
