using Cairn.Snapshotter.Native;
using Cairn.Snapshotter.Trees;

namespace Cairn.Cache.Checksums;

/// <summary>What is in one layer: names, metadata, and the digests of files that were read so far.</summary>
internal sealed class LayerManifest
{
    private const byte Version = 1;
    private const byte WhiteoutFlag = 0x10;
    private const byte OpaqueFlag = 0x20;
    private const byte DigestFlag = 0x40;

    private long _unsavedBytes;
    private int _unsavedFiles;

    private LayerManifest(string directory, bool isSaved)
    {
        Directory = directory;
        IsSaved = isSaved;
    }

    /// <summary>The layer's changes on disk.</summary>
    public string Directory { get; }

    /// <summary>The layer's own root.</summary>
    public TreeNode Root { get; private set; } = null!;

    public int Count { get; private set; }

    /// <summary>Whether the store has it, perhaps with fewer digests.</summary>
    public bool IsSaved { get; private set; }

    /// <summary>Whether enough was learnt since it was saved to be worth saving again.</summary>
    public bool IsWorthSaving =>
        !IsSaved || Volatile.Read(ref _unsavedBytes) >= 1 << 20 || Volatile.Read(ref _unsavedFiles) > Count / 64;

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

    /// <summary>Reads the metadata of a layer's directory.</summary>
    /// <param name="directory">The layer's changes.</param>
    /// <param name="earlier">
    /// A manifest of the layer that this one was made from by hard links while that one was there: a file with equal path and inode is the
    /// same file, so its digest is known.
    /// </param>
    /// <param name="cancellationToken">Stops the walk.</param>
    public static LayerManifest Scan(string directory, LayerManifest? earlier, CancellationToken cancellationToken)
    {
        var manifest = new LayerManifest(directory, isSaved: false);
        using RootedTree tree = RootedTree.Open(directory);
        using var walk = new TreeWalk(tree, TreePath.Root);
        walk.MoveNext();
        bool more = true;
        manifest.Root = manifest.ScanNode(walk, "", earlier?.Root, ref more, cancellationToken);
        return manifest;
    }

    /// <summary>Reads what <see cref="Write"/> wrote.</summary>
    /// <exception cref="InvalidDataException">The bytes are of another version or damaged.</exception>
    public static LayerManifest Read(byte[] content, string directory)
    {
        var manifest = new LayerManifest(directory, isSaved: true);
        try
        {
            using var reader = new BinaryReader(new MemoryStream(content));
            if (reader.ReadByte() != Version)
            {
                throw new InvalidDataException("The layer manifest has another version.");
            }
            manifest.Root = manifest.ReadNode(reader);
        }
        catch (EndOfStreamException e)
        {
            throw new InvalidDataException("The layer manifest is cut short.", e);
        }
        return manifest;
    }

    public byte[] Write()
    {
        using var bytes = new MemoryStream(Count * 96);
        using var writer = new BinaryWriter(bytes);
        writer.Write(Version);
        WriteNode(writer, Root);
        writer.Flush();
        return bytes.ToArray();
    }

    private static bool Counts(string attribute) =>
        attribute == "security.capability"
        || !(attribute.StartsWith("security.", StringComparison.Ordinal) || attribute.StartsWith("system.", StringComparison.Ordinal));

    private static bool IsBelow(string path, string directory) =>
        path.Length > directory.Length && path.StartsWith(directory, StringComparison.Ordinal)
        && (directory.Length == 1 || path[directory.Length] == '/');

    private static KeyValuePair<string, byte[]>[] Attributes(TreeWalk walk)
    {
        IReadOnlyDictionary<string, byte[]> all = walk.ReadCurrentAttributes();
        return all.Count == 0 ? [] : [.. all.Where(pair => Counts(pair.Key)).OrderBy(pair => pair.Key, PathText.ByteOrder)];
    }

    // The walk stands at this entry; afterwards it stands at the first one that is not below it.
    private TreeNode ScanNode(TreeWalk walk, string name, TreeNode? earlier, ref bool more, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        Count++;
        FileStatus status = walk.Current.Status;
        string path = walk.Current.Path;
        bool isOpaque = status.IsDirectory && walk.IsCurrentOpaque;
        string target = status.IsSymlink ? walk.ReadCurrentLink() : "";
        bool isSame = earlier is not null && status.IsRegular && earlier.Kind == FileKind.Regular && earlier.Inode == status.Inode;
        IReadOnlyList<KeyValuePair<string, byte[]>> attributes = isSame ? earlier!.Attributes : status.IsWhiteout ? [] : Attributes(walk);
        List<TreeNode> children = [];
        more = walk.MoveNext();
        bool marks = isOpaque;
        if (status.IsDirectory)
        {
            while (more && IsBelow(walk.Current.Path, path))
            {
                string childName = walk.Current.Name;
                TreeNode child = ScanNode(walk, childName, earlier?.Child(childName), ref more, cancellationToken);
                marks |= child.HasMarks;
                children.Add(child);
            }
        }
        var node = new TreeNode
        {
            Name = name, Kind = status.Kind, Mode = status.Mode, Uid = status.Uid, Gid = status.Gid,
            Size = status.IsRegular ? status.Size : 0, Inode = status.Inode, LinkTarget = target, Attributes = attributes,
            IsWhiteout = status.IsWhiteout, IsOpaque = isOpaque, HasMarks = marks || status.IsWhiteout, Layer = this, Children = [.. children],
        };
        if (isSame && earlier!.Record is { } known)
        {
            node.Record = known;
        }
        return node;
    }

    private static void WriteNode(BinaryWriter writer, TreeNode node)
    {
        byte[]? digest = node.Kind == FileKind.Regular ? node.Record : null;
        writer.Write((byte)((int)node.Kind | (node.IsWhiteout ? WhiteoutFlag : 0) | (node.IsOpaque ? OpaqueFlag : 0) | (digest is null ? 0 : DigestFlag)));
        WriteText(writer, node.Name);
        writer.Write7BitEncodedInt((int)node.Mode);
        writer.Write7BitEncodedInt64(node.Uid);
        writer.Write7BitEncodedInt64(node.Gid);
        writer.Write7BitEncodedInt64((long)node.Inode);
        if (node.Kind == FileKind.Regular)
        {
            writer.Write7BitEncodedInt64(node.Size);
        }
        if (node.Kind == FileKind.Symlink)
        {
            WriteText(writer, node.LinkTarget);
        }
        writer.Write7BitEncodedInt(node.Attributes.Count);
        foreach ((string name, byte[] value) in node.Attributes)
        {
            WriteText(writer, name);
            writer.Write7BitEncodedInt(value.Length);
            writer.Write(value);
        }
        if (digest is not null)
        {
            writer.Write(digest);
        }
        if (node.IsDirectory)
        {
            writer.Write7BitEncodedInt(node.Children.Length);
            foreach (TreeNode child in node.Children)
            {
                WriteNode(writer, child);
            }
        }
    }

    private TreeNode ReadNode(BinaryReader reader)
    {
        Count++;
        byte head = reader.ReadByte();
        var kind = (FileKind)(head & 0x0f);
        string name = ReadText(reader);
        uint mode = (uint)reader.Read7BitEncodedInt();
        uint uid = (uint)reader.Read7BitEncodedInt64();
        uint gid = (uint)reader.Read7BitEncodedInt64();
        ulong inode = (ulong)reader.Read7BitEncodedInt64();
        long size = kind == FileKind.Regular ? reader.Read7BitEncodedInt64() : 0;
        string target = kind == FileKind.Symlink ? ReadText(reader) : "";
        int count = reader.Read7BitEncodedInt();
        KeyValuePair<string, byte[]>[] attributes = count == 0 ? [] : new KeyValuePair<string, byte[]>[count];
        for (int i = 0; i < count; i++)
        {
            attributes[i] = new KeyValuePair<string, byte[]>(ReadText(reader), ReadBytes(reader, reader.Read7BitEncodedInt()));
        }
        byte[]? digest = (head & DigestFlag) == 0 ? null : ReadBytes(reader, 32);
        TreeNode[] children = kind == FileKind.Directory ? new TreeNode[reader.Read7BitEncodedInt()] : [];
        bool marks = (head & (WhiteoutFlag | OpaqueFlag)) != 0;
        for (int i = 0; i < children.Length; i++)
        {
            children[i] = ReadNode(reader);
            marks |= children[i].HasMarks;
        }
        var node = new TreeNode
        {
            Name = name, Kind = kind, Mode = mode, Uid = uid, Gid = gid, Size = size, Inode = inode, LinkTarget = target, Attributes = attributes,
            IsWhiteout = (head & WhiteoutFlag) != 0, IsOpaque = (head & OpaqueFlag) != 0, HasMarks = marks, Layer = this, Children = children,
        };
        if (digest is not null)
        {
            node.Record = digest;
        }
        return node;
    }

    private static void WriteText(BinaryWriter writer, string text)
    {
        byte[] bytes = PathText.Encode(text);
        writer.Write7BitEncodedInt(bytes.Length);
        writer.Write(bytes);
    }

    private static string ReadText(BinaryReader reader) => PathText.Decode(ReadBytes(reader, reader.Read7BitEncodedInt()));

    private static byte[] ReadBytes(BinaryReader reader, int count)
    {
        byte[] bytes = reader.ReadBytes(count);
        return bytes.Length == count ? bytes : throw new EndOfStreamException();
    }
}
