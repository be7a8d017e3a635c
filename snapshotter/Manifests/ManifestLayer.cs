using Blake3;
using Cairn.Snapshotter.Layers;
using Cairn.Snapshotter.Native;
using Microsoft.Win32.SafeHandles;

namespace Cairn.Snapshotter.Manifests;

/// <summary>A layer of a stack that is compared: what it changes, and where its files are, should they be needed.</summary>
/// <param name="directory">Change directory; not touched before a file of it is read or linked.</param>
/// <param name="manifest">What the layer changes.</param>
/// <param name="contents">Hashes of its files; null if nobody has recorded them.</param>
internal sealed class ManifestLayer(string directory, ChangeManifest manifest, LayerContents? contents) : IDisposable
{
    private SafeFileHandle? _root;
    private Dictionary<ChangeEntry, Hash>? _hashes;
    private Dictionary<int, Hash>? _groups;

    /// <summary>What the layer changes.</summary>
    public ChangeManifest Manifest => manifest;

    /// <summary>The change directory, opened at the first need.</summary>
    public SafeFileHandle Root => _root ??= Files.OpenDirectory(directory);

    /// <summary>The layers of a list, bottom first.</summary>
    public static ManifestLayer[] Of(LayerManifests manifests, UsedLayers used)
    {
        var layers = new ManifestLayer[used.Layers.Count];
        for (int i = 0; i < layers.Length; i++)
        {
            layers[i] = new ManifestLayer(
                used.Directories[i], manifests.Read(used.Layers[i]), manifests.TryReadContents(used.Layers[i]));
        }
        return layers;
    }

    /// <summary>Hash of a regular file of the layer, if it is recorded.</summary>
    public Hash? TryHash(ChangeEntry file)
    {
        if (contents is null)
        {
            return null;
        }
        if (_hashes is null || _groups is null)
        {
            _hashes = new(ReferenceEqualityComparer.Instance);
            _groups = [];
            foreach (((_, ChangeEntry entry), Hash hash) in manifest.RegularFiles().Zip(contents.Files))
            {
                _hashes.Add(entry, hash);
                if (entry.LinkGroup != 0)
                {
                    _groups.Add(entry.LinkGroup, hash);
                }
            }
        }
        return file.LinkGroup != 0
            ? _groups.TryGetValue(file.LinkGroup, out Hash shared) ? shared : null
            : _hashes.TryGetValue(file, out Hash own) ? own : null;
    }

    public void Dispose() => _root?.Dispose();
}
