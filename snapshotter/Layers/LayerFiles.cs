using Cairn.Snapshotter.Native;
using Cairn.Snapshotter.Trees;
using Microsoft.Win32.SafeHandles;

namespace Cairn.Snapshotter.Layers;

/// <summary>Finds, for a file seen in the tree of some layers, the layer's own file.</summary>
/// <param name="layers">Change directories, bottom first.</param>
internal sealed class LayerFiles(IReadOnlyList<string> layers)
{
    /// <summary>Gives the layer's file one more name; false if it is not found or cannot be linked.</summary>
    /// <param name="path">Path of the file in the tree, with a slash at the start.</param>
    /// <param name="name">New name.</param>
    /// <param name="status">Status of the file as seen in the tree.</param>
    /// <param name="target">Directory that takes the new name.</param>
    public bool TryLink(string path, string name, FileStatus status, SafeFileHandle target)
    {
        for (int i = layers.Count - 1; i >= 0; i--)
        {
            string file = layers[i] + path;
            // A visible file is the topmost of its name.
            if (Files.TryStatus(Files.Anywhere, file) is { } found)
            {
                return found.IsRegular && found.Inode == status.Inode && Files.TryLink(Files.Anywhere, file, target, name) == 0;
            }
        }
        return false;
    }
}
