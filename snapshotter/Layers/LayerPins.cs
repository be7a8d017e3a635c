using Cairn.Snapshotter.Additional;
using Cairn.Snapshotter.Native;
using Cairn.Snapshotter.Store;
using Microsoft.Win32.SafeHandles;

namespace Cairn.Snapshotter.Layers;

/// <summary>
/// What this opening of a store reads: a shared lock on the directory of each layer in use. The kernel drops it with the process, so nothing
/// is counted on disk. One descriptor per layer, counted here. A layer of an additional store is locked there as well, against its owner.
/// </summary>
internal sealed class LayerPins(AdditionalStores additional)
{
    private readonly Lock _lock = new();   // guards the table; never held while a lock is waited for
    private readonly Dictionary<LayerId, Pin> _pins = [];

    /// <summary>Takes one more claim on each; of those whose directory is absent, the first is the result, and nothing is claimed then.</summary>
    /// <param name="layers">Each once.</param>
    /// <param name="directory">Where a layer lies.</param>
    public LayerId? Acquire(IReadOnlyList<LayerId> layers, Func<LayerId, string> directory)
    {
        for (int i = 0; i < layers.Count; i++)
        {
            if (!TryAcquire(layers[i], directory))
            {
                Release(layers.Take(i));
                return layers[i];
            }
        }
        return null;
    }

    public void Release(IEnumerable<LayerId> layers)
    {
        lock (_lock)
        {
            foreach (LayerId layer in layers)
            {
                Pin pin = _pins[layer];
                if (--pin.Count == 0)
                {
                    _pins.Remove(layer);
                    pin.Dispose();
                }
            }
        }
    }

    private bool TryAcquire(LayerId layer, Func<LayerId, string> directory)
    {
        lock (_lock)
        {
            if (_pins.TryGetValue(layer, out Pin? pin))
            {
                pin.Count++;
                return true;
            }
        }
        SafeFileHandle? opened = Files.TryOpenAt(
            Files.Anywhere, directory(layer), Libc.O_RDONLY | Libc.O_DIRECTORY, 0, out int errno);
        if (opened is null)
        {
            return errno == Errno.ENOENT ? false : throw new NativeException("open", directory(layer), errno);
        }
        SafeFileHandle? original = null;
        try
        {
            if (!Files.TryLock(opened, exclusive: false, wait: false))
            {
                LockOrder.Check("layer " + layer);   // whoever removes it is in the write turn
                Files.TryLock(opened, exclusive: false, wait: true);
            }
            if (layer.IsAdditional && (original = additional.TryPin(layer)) is null)
            {
                return false;
            }
            lock (_lock)
            {
                if (_pins.TryGetValue(layer, out Pin? pin))   // taken by another thread meanwhile
                {
                    pin.Count++;
                }
                else
                {
                    _pins.Add(layer, new Pin(opened, original));
                    opened = null;
                    original = null;
                }
            }
            return true;
        }
        finally
        {
            opened?.Dispose();
            original?.Dispose();
        }
    }

    private sealed class Pin(SafeFileHandle directory, SafeFileHandle? original) : IDisposable
    {
        public int Count { get; set; } = 1;

        public void Dispose()
        {
            // Unlocked before it is closed: a program that is being started has the descriptor, too, until it becomes that program.
            Files.Unlock(directory);
            directory.Dispose();
            original?.Dispose();
        }
    }
}
