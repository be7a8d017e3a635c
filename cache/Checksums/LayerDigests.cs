using Blake3;
using Cairn.Snapshotter.Manifests;
using Cairn.Snapshotter.Trees;

namespace Cairn.Cache.Checksums;

/// <summary>The entries of one layer, as its manifest has them, with the digests of files that were read so far.</summary>
internal sealed class LayerDigests
{
    private const byte Version = 2;

    private readonly List<TreeNode> _files = [];   // regular files in the order of the manifest
    private long _unsavedBytes;
    private int _unsavedFiles;

    private LayerDigests(string directory) => Directory = directory;

    /// <summary>The layer's changes on disk.</summary>
    public string Directory { get; }

    /// <summary>The layer's own root.</summary>
    public TreeNode Root { get; private set; } = null!;

    /// <summary>Whether the store has it, perhaps with fewer digests.</summary>
    public bool IsSaved { get; private set; }

    /// <summary>Whether enough was learnt since it was saved to be worth saving again.</summary>
    public bool IsWorthSaving =>
        !IsSaved || Volatile.Read(ref _unsavedBytes) >= 1 << 20 || Volatile.Read(ref _unsavedFiles) > _files.Count / 64;

    /// <summary>Notes that a file of the layer was read.</summary>
    public void Learnt(long bytes)
    {
        Interlocked.Add(ref _unsavedBytes, bytes);
        Interlocked.Increment(ref _unsavedFiles);
    }

    public void Saved()
    {
        IsSaved = true;
        Volatile.Write(ref _unsavedBytes, 0);
        Volatile.Write(ref _unsavedFiles, 0);
    }

    /// <summary>No digests yet, except those of files that are the same as an earlier layer's.</summary>
    /// <param name="directory">The layer's changes.</param>
    /// <param name="manifest">What the layer changes.</param>
    /// <param name="earlier">
    /// Of the layer that this one was made from by hard links while that one was there: a file with equal path and inode is the
    /// same file, so its digest is known.
    /// </param>
    public static LayerDigests Of(string directory, ChangeManifest manifest, LayerDigests? earlier)
    {
        var digests = new LayerDigests(directory);
        digests.Root = digests.Node(manifest.Root, earlier?.Root);
        return digests;
    }

    /// <summary>Reads what <see cref="Write"/> wrote; null if it is of an older program, or of another directory or manifest.</summary>
    /// <param name="content">The stored bytes.</param>
    /// <param name="directory">The layer's changes.</param>
    /// <param name="proof">Of the layer as it is now.</param>
    /// <param name="manifest">What the layer changes.</param>
    public static LayerDigests? TryRead(byte[] content, string directory, LayerProof proof, ChangeManifest manifest)
    {
        LayerDigests digests = Of(directory, manifest, null);
        using var reader = new BinaryReader(new MemoryStream(content));
        try
        {
            if (reader.ReadByte() != Version || !reader.ReadBytes(Hash.Size).AsSpan().SequenceEqual(Name(proof)))
            {
                return null;
            }
            bool sameDirectory = reader.Read7BitEncodedInt64() == proof.Layer.Value;
            foreach (TreeNode file in digests._files)
            {
                ulong inode = (ulong)reader.Read7BitEncodedInt64();
                if (inode != 0)
                {
                    file.Inode = sameDirectory ? inode : 0;   // unpacked again: other inodes
                    file.Record = reader.ReadBytes(32) is { Length: 32 } record ? record : throw new EndOfStreamException();
                }
            }
        }
        catch (Exception e) when (e is EndOfStreamException or FormatException)
        {
            return null;
        }
        digests.IsSaved = true;
        return digests;
    }

    /// <summary>The inode and the digest of each file, in the order of the manifest; inode 0 and nothing for a file that was not read.</summary>
    public byte[] Write(LayerProof proof)
    {
        using var bytes = new MemoryStream(64 + _files.Count * 40);
        using var writer = new BinaryWriter(bytes);
        writer.Write(Version);
        writer.Write(Name(proof));
        writer.Write7BitEncodedInt64(proof.Layer.Value);
        foreach (TreeNode file in _files)
        {
            byte[]? record = file.Record;
            ulong inode = record is null ? 0 : file.Inode;
            writer.Write7BitEncodedInt64((long)inode);
            if (inode != 0)
            {
                writer.Write(record!);
            }
        }
        writer.Flush();
        return bytes.ToArray();
    }

    private static byte[] Name(LayerProof proof) => (proof.Manifest ?? default).ToArray();

    private static bool Counts(string attribute) =>
        attribute == "security.capability"
        || !(attribute.StartsWith("security.", StringComparison.Ordinal) || attribute.StartsWith("system.", StringComparison.Ordinal));

    private TreeNode Node(ChangeEntry entry, TreeNode? earlier)
    {
        bool isOpaque = entry.Operation == ChangeOperation.Opaque;
        TreeNode[] children = entry.Children.Count == 0 ? [] : new TreeNode[entry.Children.Count];
        bool marks = isOpaque || entry.IsWhiteout;
        for (int i = 0; i < children.Length; i++)
        {
            children[i] = Node(entry.Children[i], earlier?.Child(entry.Children[i].Name));
            marks |= children[i].HasMarks;
        }
        var node = new TreeNode
        {
            Name = entry.Name, Kind = entry.Kind, Mode = entry.Mode, Uid = entry.Uid, Gid = entry.Gid, Size = entry.Size,
            LinkTarget = entry.LinkTarget, Attributes = entry.Attributes.Count == 0 ? [] : [.. entry.Attributes.Where(pair => Counts(pair.Key))],
            IsWhiteout = entry.IsWhiteout, IsOpaque = isOpaque, HasMarks = marks, Layer = this, Children = children, Inode = entry.Inode,
        };
        if (entry.IsRegular)
        {
            _files.Add(node);
            if (earlier is { Kind: FileKind.Regular, Record: { } known } && earlier.Inode == entry.Inode && entry.Inode != 0)
            {
                node.Record = known;
            }
        }
        return node;
    }
}
