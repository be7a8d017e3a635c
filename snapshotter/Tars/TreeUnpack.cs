using Cairn.Llb;
using Cairn.Snapshotter.Compression;
using Cairn.Snapshotter.Trees;

namespace Cairn.Snapshotter.Tars;

/// <summary>Unpacks archives into a tree, as ADD does.</summary>
public static class TreeUnpack
{
    /// <summary>The file begins like a tar archive: plain, or in gzip, bzip2, xz or zstd. Reads the beginning only; the stream must be able to seek.</summary>
    public static bool IsArchive(Stream file)
    {
        ArgumentNullException.ThrowIfNull(file);
        long start = file.Position;
        try
        {
            byte[] block = new byte[TarFormat.BlockSize];
            Stream content = Compressors.Decompress(new UnclosedStream(file));
            return content.ReadAtLeast(block, block.Length, throwOnEndOfStream: false) == block.Length
                && block.AsSpan().IndexOfAnyExcept((byte)0) >= 0 && TarFormat.IsHeader(block);
        }
        catch (Exception e) when (e is InvalidDataException or BuildException { Kind: ErrorKind.Input })
        {
            return false;   // it only begins like a compressed file
        }
        finally
        {
            file.Position = start;
        }
    }

    /// <summary>Unpacks an archive, compressed or not.</summary>
    /// <param name="archive">The file.</param>
    /// <param name="tree">Tree to change.</param>
    /// <param name="directory">Existing directory in it that takes the content; links in the archive cannot lead out of the tree.</param>
    /// <param name="owner">Owner of everything, null for the archive's.</param>
    /// <param name="timestamp">Time of everything, nanoseconds since 1970; null for the archive's.</param>
    /// <param name="cancellationToken">Stops the work.</param>
    public static void Extract(
        Stream archive, RootedTree tree, string directory, FileOwner? owner, long? timestamp, CancellationToken cancellationToken)
    {
        using var content = Compressors.Decompress(new UnclosedStream(archive));
        using var reader = new TarReader(content);
        using var extraction = new TarExtraction(tree.Root, tree.Resolve(directory, followLast: true), cancellationToken)
        {
            Owner = owner,
            Timestamp = timestamp,
        };
        extraction.Run(reader);
    }
}
