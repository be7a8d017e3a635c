using Cairn.Snapshotter.Layers;

namespace Cairn.Snapshotter.Tars;

/// <summary>The layers that an archive lies on; asked for only when something in the archive refers to them.</summary>
internal sealed class LayersBelow(Func<IReadOnlyList<LayerId>> parents, ISnapshotter? snapshotter) : IDisposable
{
    private LayerFiles? _files;

    /// <summary>Their files; the first use may wait until they are there.</summary>
    public LayerFiles Files => _files ??= new LayerFiles([.. parents().Select(layer => snapshotter!.ChangesDirectory(layer))]);

    public void Dispose() => _files?.Dispose();
}
