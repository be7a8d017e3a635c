using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Cairn.Snapshotter.Native;
using Cairn.Snapshotter.Trees;

namespace Cairn.Cache.Checksums;

/// <summary>
/// One name in a tree of digests. Nodes are shared between the trees of all refs that show the same file, and remember their digests;
/// apart from those they never change.
/// </summary>
internal sealed class TreeNode
{
    private byte[]? _record;
    private byte[]? _contents;

    public required string Name { get; init; }

    public required FileKind Kind { get; init; }

    public required uint Mode { get; init; }

    public required uint Uid { get; init; }

    public required uint Gid { get; init; }

    /// <summary>Bytes of a regular file, else 0.</summary>
    public required long Size { get; init; }

    /// <summary>Inode of a regular file; 0 while it is not known. Set before <see cref="Record"/>.</summary>
    public ulong Inode { get; set; }

    /// <summary>Target of a symbolic link, else empty.</summary>
    public string LinkTarget { get; init; } = "";

    /// <summary>Attributes that count, ordered by the bytes of their names.</summary>
    public IReadOnlyList<KeyValuePair<string, byte[]>> Attributes { get; init; } = [];

    /// <summary>Of a layer: this name is deleted.</summary>
    public bool IsWhiteout { get; init; }

    /// <summary>Of a layer: what lies below in lower layers is hidden.</summary>
    public bool IsOpaque { get; init; }

    /// <summary>Whether a mark of a layer is here or below.</summary>
    public bool HasMarks { get; init; }

    /// <summary>Whether the record digest is that of no input: the root of a tree that a client sent.</summary>
    public bool IsBareRoot { get; init; }

    /// <summary>The layer whose directory has the file.</summary>
    public required LayerDigests Layer { get; init; }

    /// <summary>In byte order of their names.</summary>
    public TreeNode[] Children { get; init; } = [];

    public bool IsDirectory => Kind == FileKind.Directory;

    /// <summary>Digest of the header and, for a regular file, its bytes; null while a file has not been read.</summary>
    public byte[]? Record
    {
        get
        {
            byte[]? known = Volatile.Read(ref _record);
            if (known is null && Kind != FileKind.Regular)
            {
                known = IsBareRoot ? SHA256.HashData([]) : SHA256.HashData(Header());
                Volatile.Write(ref _record, known);
            }
            return known;
        }
        set => Volatile.Write(ref _record, value);
    }

    /// <summary>Digest of the record with everything below; all files must have been read.</summary>
    public byte[] Contents
    {
        get
        {
            if (!IsDirectory)
            {
                return Record!;
            }
            byte[]? known = Volatile.Read(ref _contents);
            if (known is null)
            {
                known = HashDirectory();
                Volatile.Write(ref _contents, known);
            }
            return known;
        }
    }

    /// <summary>Whether <see cref="Contents"/> was computed already, so that nothing below needs to be looked at.</summary>
    public bool HasContents => IsDirectory ? Volatile.Read(ref _contents) is not null : Record is not null;

    public TreeNode? Child(string name)
    {
        int low = 0;
        int high = Children.Length - 1;
        while (low <= high)
        {
            int middle = (low + high) / 2;
            int order = PathText.Compare(Children[middle].Name, name);
            if (order == 0)
            {
                return Children[middle];
            }
            (low, high) = order < 0 ? (middle + 1, high) : (low, middle - 1);
        }
        return null;
    }

    /// <summary>The same file with other names below it.</summary>
    public TreeNode WithChildren(TreeNode[] children) => new()
    {
        Name = Name, Kind = Kind, Mode = Mode, Uid = Uid, Gid = Gid, Size = Size, Inode = Inode, LinkTarget = LinkTarget,
        Attributes = Attributes, Layer = Layer, Children = children, IsBareRoot = IsBareRoot,
    };

    /// <summary>This root without a header of its own.</summary>
    public TreeNode AsBareRoot() => new()
    {
        Name = Name, Kind = Kind, Mode = Mode, Uid = Uid, Gid = Gid, Size = Size, Inode = Inode, LinkTarget = LinkTarget,
        Attributes = Attributes, Layer = Layer, Children = Children, IsBareRoot = true,
    };

    /// <summary>The bytes that come before the content in the record's digest.</summary>
    public byte[] Header()
    {
        uint mode = Kind == FileKind.Symlink ? Mode | 0x1ff : Mode;
        char type = Kind switch
        {
            FileKind.Directory => '5',
            FileKind.Symlink => '2',
            FileKind.CharacterDevice => '3',
            FileKind.BlockDevice => '4',
            FileKind.Fifo => '6',
            _ => '0',
        };
        // Device numbers are always zero here, as in the reference implementation's digests of scanned trees.
        string head = string.Create(
            CultureInfo.InvariantCulture, $"namemode{mode}uid{Uid}gid{Gid}size{Size}typeflag{type}linkname");
        using var bytes = new MemoryStream(head.Length + 64);
        bytes.Write(Encoding.ASCII.GetBytes(head));
        bytes.Write(PathText.Encode(LinkTarget));
        bytes.Write("unamegnamedevmajor0devminor0"u8);
        foreach ((string name, byte[] value) in Attributes)
        {
            bytes.Write(PathText.Encode(name));
            bytes.Write(value);
        }
        return bytes.ToArray();
    }

    private byte[] HashDirectory()
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData([0]);
        DigestText.Append(hash, Record!);
        foreach (TreeNode child in Children)
        {
            hash.AppendData([0]);
            hash.AppendData(PathText.Encode(child.Name));
            DigestText.Append(hash, child.Contents);
        }
        return hash.GetHashAndReset();
    }
}
