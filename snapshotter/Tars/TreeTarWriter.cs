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
        RootedTree tree, string prefix, Stream tar, LayerTarOptions options, CancellationToken cancellationToken)
    {
        using var writer = new TarWriter(tar);
        Add(writer, tree, prefix, options, cancellationToken);
        writer.Finish();
    }

    /// <summary>Writes several trees into one archive, each below its prefix.</summary>
    public static void Write(
        IReadOnlyList<(string Prefix, RootedTree Tree)> trees, Stream tar, LayerTarOptions options, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(trees);
        using var writer = new TarWriter(tar);
        foreach ((string prefix, RootedTree tree) in trees)
        {
            Add(writer, tree, prefix, options, cancellationToken);
        }
        writer.Finish();
    }

    private static void Add(
        TarWriter writer, RootedTree tree, string prefix, LayerTarOptions options, CancellationToken cancellationToken)
    {
        if (prefix.Length > 0)
        {
            FileStatus root = tree.Status(TreePath.Root, followLinks: true)!;
            writer.Write(
                new TarEntry
                {
                    Path = prefix,
                    Kind = FileKind.Directory,
                    Mode = root.Mode,
                    Owner = new FileOwner(root.Uid, root.Gid),
                    ModifiedNanoseconds = options.ClampSeconds is { } clamp
                        ? Math.Min(root.ModifiedNanoseconds, clamp * 1_000_000_000) : root.ModifiedNanoseconds,
                },
                null, cancellationToken);
        }
        new TarTree(writer, prefix.Length == 0 ? "" : prefix + "/", options, isLayer: false).Write(tree, cancellationToken);
    }
}
