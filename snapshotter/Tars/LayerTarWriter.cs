using Cairn.Snapshotter.Trees;

namespace Cairn.Snapshotter.Tars;

/// <summary>Writes a layer's changes as the tar of an OCI layer: the same directory always gives the same bytes.</summary>
public static class LayerTarWriter
{
    /// <summary>Writes the whole archive with its end marks; the stream stays open.</summary>
    /// <param name="changesDirectory">Change directory of a layer; nothing else is read.</param>
    /// <param name="tar">Takes the uncompressed archive.</param>
    /// <param name="options">How.</param>
    /// <param name="cancellationToken">Stops the writing.</param>
    public static void Write(string changesDirectory, Stream tar, LayerTarOptions options, CancellationToken cancellationToken)
    {
        using RootedTree tree = RootedTree.Open(changesDirectory);
        using var writer = new TarWriter(tar);
        new TarTree(writer, "", options, isLayer: true).Write(tree, cancellationToken);
        writer.Finish();
    }
}
