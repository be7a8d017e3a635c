namespace Cairn.Snapshotter.Layers;

/// <summary>
/// Layers that are being read. While this object lives, and its process with it, their files stay, also when another process removes them.
/// </summary>
public sealed class UsedLayers : IDisposable
{
    private readonly LayerPins _pins;
    private readonly List<IDisposable> _kept = [];
    private bool _disposed;

    internal UsedLayers(LayerPins pins, IReadOnlyList<LayerId> layers, IReadOnlyList<string> directories)
    {
        _pins = pins;
        Layers = layers;
        Directories = directories;
    }

    /// <summary>The layers, bottom first, each once.</summary>
    public IReadOnlyList<LayerId> Layers { get; }

    /// <summary>
    /// Their change directories, in that order. Of layers with files in common, the first is taken as it is and the others by a copy of
    /// their own: else two names in a tree could be one file.
    /// </summary>
    public IReadOnlyList<string> Directories { get; }

    /// <summary>Keeps something else as long as the layers; owned from here on.</summary>
    internal void AlsoKeep(IDisposable kept) => _kept.Add(kept);

    /// <summary>Lets them go. Safe to call twice.</summary>
    public void Dispose()
    {
        if (!_disposed)
        {
            _disposed = true;
            _kept.ForEach(static kept => kept.Dispose());
            _pins.Release(Layers);
        }
    }
}
