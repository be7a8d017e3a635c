using System.Buffers;
using Blake3;
using Cairn.Snapshotter.Trees;

namespace Cairn.Snapshotter.Manifests;

/// <summary>BLAKE3 of each regular file of a layer, in the order of <see cref="ChangeManifest.RegularFiles"/>.</summary>
/// <remarks>Stored: a version byte, the hash of the manifest, then 32 bytes for each file.</remarks>
public sealed class LayerContents
{
    private const byte Version = 1;
    private const int BufferSize = 256 * 1024;
    private const int Header = 1 + Hash.Size;

    private LayerContents(IReadOnlyList<Hash> files) => Files = files;

    /// <summary>One hash for each file.</summary>
    public IReadOnlyList<Hash> Files { get; }

    /// <summary>Reads all files of a layer, with all cores.</summary>
    /// <param name="changesDirectory">Change directory of the layer.</param>
    /// <param name="manifest">Of exactly this directory.</param>
    /// <param name="cancellationToken">Stops the reading.</param>
    public static LayerContents Compute(string changesDirectory, ChangeManifest manifest, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(manifest);
        string[] paths = [.. manifest.RegularFiles().Select(file => file.Path)];
        var hashes = new Hash[paths.Length];
        using RootedTree tree = RootedTree.Open(changesDirectory);
        var options = new ParallelOptions { MaxDegreeOfParallelism = Environment.ProcessorCount, CancellationToken = cancellationToken };
        try
        {
            Parallel.For(0, paths.Length, options, i => hashes[i] = HashFile(tree, paths[i], cancellationToken));
        }
        catch (AggregateException e)
        {
            System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(e.InnerExceptions[0]);
        }
        return new LayerContents(hashes);
    }

    /// <summary>The stored form.</summary>
    /// <param name="manifest">Hash of the manifest that the order is of.</param>
    public byte[] Write(Hash manifest)
    {
        byte[] content = new byte[Header + Files.Count * Hash.Size];
        content[0] = Version;
        manifest.CopyTo(content.AsSpan(1));
        for (int i = 0; i < Files.Count; i++)
        {
            Files[i].CopyTo(content.AsSpan(Header + i * Hash.Size));
        }
        return content;
    }

    /// <summary>Reads the stored form.</summary>
    /// <exception cref="InvalidDataException">It is of another version, of another manifest, or damaged.</exception>
    public static LayerContents Read(ReadOnlySpan<byte> content, Hash manifest)
    {
        if (content.Length < Header || (content.Length - Header) % Hash.Size != 0 || content[0] != Version
            || Hash.FromBytes(content[1..Header]) != manifest)
        {
            throw new InvalidDataException("the contents are not those of the manifest");
        }
        var hashes = new Hash[(content.Length - Header) / Hash.Size];
        for (int i = 0; i < hashes.Length; i++)
        {
            hashes[i] = Hash.FromBytes(content.Slice(Header + i * Hash.Size, Hash.Size));
        }
        return new LayerContents(hashes);
    }

    private static Hash HashFile(RootedTree tree, string path, CancellationToken cancellationToken)
    {
        byte[] buffer = ArrayPool<byte>.Shared.Rent(BufferSize);
        try
        {
            using Stream file = tree.OpenRead(path);
            int read = file.ReadAtLeast(buffer, buffer.Length, throwOnEndOfStream: false);
            if (read < buffer.Length)
            {
                return Hasher.Hash(buffer.AsSpan(0, read));
            }
            using Hasher hasher = Hasher.New();
            for (; read > 0; read = file.Read(buffer))
            {
                cancellationToken.ThrowIfCancellationRequested();
                hasher.Update(buffer.AsSpan(0, read));
            }
            return hasher.Finalize();
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
