using Cairn.Snapshotter.Trees;

namespace Cairn.Snapshotter.Tars;

/// <summary>Unpacks archives into a tree, as ADD does.</summary>
public static class TreeUnpack
{
    /// <summary>The file begins like a tar archive: plain, or in gzip, bzip2, xz or zstd. Reads the beginning only; the stream must be able to seek.</summary>
    public static bool IsArchive(Stream file) => throw new NotImplementedException();

    /// <summary>Unpacks an archive, compressed or not.</summary>
    /// <param name="archive">The file.</param>
    /// <param name="tree">Tree to change.</param>
    /// <param name="directory">Existing directory in it that takes the content; links in the archive cannot lead out of the tree.</param>
    /// <param name="owner">Owner of everything, null for the archive's.</param>
    /// <param name="timestamp">Time of everything, nanoseconds since 1970; null for the archive's.</param>
    /// <param name="cancellationToken">Stops the work.</param>
    public static void Extract(
        Stream archive, RootedTree tree, string directory, FileOwner? owner, long? timestamp, CancellationToken cancellationToken) =>
        throw new NotImplementedException();
}
