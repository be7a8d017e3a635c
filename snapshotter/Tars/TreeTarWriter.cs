using Cairn.Snapshotter.Trees;

namespace Cairn.Snapshotter.Tars;

/// <summary>Writes a whole tree as a tar archive.</summary>
public static class TreeTarWriter
{
    /// <summary>Writes the whole archive with its end marks; the stream stays open.</summary>
    /// <param name="tree">What to write.</param>
    /// <param name="prefix">Directory in the archive, such as <c>linux_amd64</c>; empty for none.</param>
    /// <param name="tar">Takes the uncompressed archive.</param>
    /// <param name="options">How.</param>
    /// <param name="cancellationToken">Stops the writing.</param>
    public static void Write(
        RootedTree tree, string prefix, Stream tar, LayerTarOptions options, CancellationToken cancellationToken) =>
        throw new NotImplementedException();
}
