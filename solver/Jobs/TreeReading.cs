using Cairn.Llb;
using Cairn.Snapshotter.Trees;

namespace Cairn.Solver.Jobs;

/// <summary>Looks into trees for frontends. Paths are theirs: relative ones count from the root, and links stay inside.</summary>
internal static class TreeReading
{
    private const uint NodeKinds = 0xf000;

    /// <summary>A regular file, or the part of it; null if there is none.</summary>
    /// <exception cref="BuildException">Input: the path is something else.</exception>
    public static async Task<byte[]?> FileAsync(RootedTree tree, string path, ByteRange range, CancellationToken cancellationToken)
    {
        string absolute = Absolute(path);
        FileStatus? status = tree.Status(absolute, followLinks: true);
        if (status is null)
        {
            return null;
        }

        if (!status.IsRegular)
        {
            throw new BuildException(ErrorKind.Input, "", "", $"{path} is not a regular file");
        }

        using FileStream file = tree.OpenRead(absolute, out status);
        long start = Math.Clamp(range.Offset, 0, status.Size);
        long length = range.Length > 0 ? Math.Min(range.Length, status.Size - start) : status.Size - start;
        byte[] bytes = new byte[length];
        file.Position = start;
        int read = await file.ReadAtLeastAsync(bytes, bytes.Length, throwOnEndOfStream: false, cancellationToken);
        return read == bytes.Length ? bytes : bytes[..read];
    }

    /// <summary>What a directory has, in the order of names; null if there is no such directory.</summary>
    /// <exception cref="BuildException">Input: the path is something else.</exception>
    public static IReadOnlyList<ResultEntry>? Directory(RootedTree tree, string path)
    {
        string directory = tree.Resolve(Absolute(path), followLast: true);
        return tree.Status(directory, followLinks: false) switch
        {
            null => null,
            { IsDirectory: false } => throw new BuildException(ErrorKind.Input, "", "", $"{path} is not a directory"),
            _ => [.. tree.List(directory).Select(entry => Entry(tree, entry.Path, entry.Name, entry.Status))],
        };
    }

    /// <summary>Status of a path, links followed; null if there is nothing.</summary>
    public static ResultEntry? Status(RootedTree tree, string path)
    {
        string resolved = tree.Resolve(Absolute(path), followLast: true);
        return tree.Status(resolved, followLinks: false) is { } status ? Entry(tree, resolved, resolved[(resolved.LastIndexOf('/') + 1)..], status) : null;
    }

    /// <summary>As <see cref="Status"/>; a link that leads nowhere in the tree is told of itself.</summary>
    public static ResultEntry? StatusOrLink(RootedTree tree, string path)
    {
        if (Status(tree, path) is { } status)
        {
            return status;
        }

        string link = tree.Resolve(Absolute(path), followLast: false);
        return tree.Status(link, followLinks: false) is { } itself ? Entry(tree, link, link[(link.LastIndexOf('/') + 1)..], itself) : null;
    }

    private static string Absolute(string path) => path.StartsWith('/') ? path : "/" + path;

    private static ResultEntry Entry(RootedTree tree, string path, string name, FileStatus status) => new(
        name,
        (Kind(status.Kind) & NodeKinds) | status.Mode,
        status.Uid,
        status.Gid,
        status.IsRegular ? status.Size : 0,
        status.ModifiedNanoseconds,
        status.IsSymlink ? tree.ReadLink(path) : null,
        status.DeviceMajor,
        status.DeviceMinor,
        name.Length > 0 ? tree.GetAttributes(path) : new Dictionary<string, byte[]>(StringComparer.Ordinal));

    private static uint Kind(FileKind kind) => kind switch
    {
        FileKind.Regular => 0x8000,
        FileKind.Directory => 0x4000,
        FileKind.Symlink => 0xa000,
        FileKind.CharacterDevice => 0x2000,
        FileKind.BlockDevice => 0x6000,
        FileKind.Fifo => 0x1000,
        _ => 0xc000,
    };
}
