using Cairn.Snapshotter.Trees;

namespace Cairn.Snapshotter.Layers;

/// <summary>
/// Files of a snapshot being filled that are hard links to files of immutable layers: linking is an order of magnitude quicker than copying.
/// Nobody can tell, because of these rules: such a file is never changed in place; of layers with files in common, only one is shown as it is
/// in any tree; and one file of a layer gets names here from one copy only.
/// </summary>
/// <param name="lowers">Layers that the snapshot lies on.</param>
/// <param name="families">Asks for families of layers.</param>
internal sealed class SharedFiles(
    IReadOnlyList<LayerId> lowers, Func<IReadOnlyList<LayerId>, IReadOnlyDictionary<LayerId, long?>> families)
{
    // Inode numbers suffice: layers lie on one filesystem, and overlayfs shows the numbers of the files below it.
    private readonly Dictionary<ulong, int> _names = [];   // guarded by itself
    private readonly HashSet<LayerId> _sources = [];       // guarded by _names

    /// <summary>Layers that files are links to.</summary>
    public IReadOnlyCollection<LayerId> Sources => _sources;

    /// <summary>Some file is a link to a layer's.</summary>
    public bool Any
    {
        get
        {
            lock (_names)
            {
                return _names.Count > 0;
            }
        }
    }

    /// <summary>Names here of an inode that belongs to a layer; 0 for any other inode.</summary>
    public int NamesOf(ulong inode)
    {
        lock (_names)
        {
            return _names.GetValueOrDefault(inode);
        }
    }

    /// <summary>Files of the layer may be linked: they are this store's, and no layer below has files in common with it.</summary>
    public bool MayLink(LayerId source)
    {
        if (source.IsAdditional || lowers.Contains(source))
        {
            return false;
        }
        IReadOnlyDictionary<LayerId, long?> known = families([.. lowers, source]);
        return known.GetValueOrDefault(source) is not { } family || !lowers.Any(lower => known.GetValueOrDefault(lower) == family);
    }

    /// <summary>Takes an inode for linking; false if it has been taken before.</summary>
    public bool TryTake(LayerId source, ulong inode)
    {
        lock (_names)
        {
            if (!_names.TryAdd(inode, 1))
            {
                return false;
            }
            _sources.Add(source);
            return true;
        }
    }

    /// <summary>Counts one more name of an inode, if it was taken.</summary>
    public void AddName(FileStatus status)
    {
        lock (_names)
        {
            if (_names.TryGetValue(status.Inode, out int names))
            {
                _names[status.Inode] = names + 1;
            }
        }
    }

    /// <summary>Gives back what was taken and could not be linked.</summary>
    public void GiveBack(ulong inode)
    {
        lock (_names)
        {
            _names.Remove(inode);
        }
    }
}
