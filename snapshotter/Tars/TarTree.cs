using Cairn.Llb;
using Cairn.Snapshotter.Layers;
using Cairn.Snapshotter.Native;
using Cairn.Snapshotter.Trees;
using Microsoft.Win32.SafeHandles;

namespace Cairn.Snapshotter.Tars;

/// <summary>Writes a tree into an archive: byte order, parents first, later names of an inode as links to the first.</summary>
internal sealed class TarTree(TarWriter writer, string prefix, LayerTarOptions options, bool isLayer)
{
    public const string WhiteoutPrefix = ".wh.";
    public const string OpaqueName = ".wh..wh..opq";

    private readonly Dictionary<(ulong, ulong), string> _linked = [];   // identity -> path in the archive of its first name

    public void Write(RootedTree tree, CancellationToken cancellationToken)
    {
        using var walk = new TreeWalk(tree, TreePath.Root);
        walk.MoveNext();
        if (isLayer && LayerRoot.IsMeant(tree.Root))
        {
            // Its time changes with every name that is made in it, and says nothing.
            FileStatus root = Files.Status(tree.Root);
            TarEntry entry = Header(prefix + ".", root) with { ModifiedNanoseconds = 0, Attributes = TreeAttributes.Read(tree.Root, ".") };
            writer.Write(entry, null, cancellationToken);
        }
        if (isLayer && IsOpaque(tree.Root, "."))
        {
            WriteMark(prefix + OpaqueName, cancellationToken);
        }
        while (walk.MoveNext())
        {
            cancellationToken.ThrowIfCancellationRequested();
            Add(walk, cancellationToken);
        }
    }

    private void Add(TreeWalk walk, CancellationToken cancellationToken)
    {
        TreeEntry current = walk.Current;
        FileStatus status = current.Status;
        string path = prefix + current.Path[1..];
        if (status.Kind == FileKind.Socket)
        {
            return;   // there is no way to write it, and nobody listens at an unpacked one
        }
        if (isLayer && current.Name.StartsWith(WhiteoutPrefix, StringComparison.Ordinal))
        {
            throw new BuildException(
                ErrorKind.Input, "archive", current.Path, $"names with {WhiteoutPrefix} at the start mean deletions in an image layer");
        }
        if (status.IsWhiteout)
        {
            if (isLayer)
            {
                WriteMark(path[..^current.Name.Length] + WhiteoutPrefix + current.Name, cancellationToken);
            }
            return;
        }
        if (!status.IsDirectory && status.LinkCount > 1 && !_linked.TryAdd(status.Identity, path))
        {
            writer.Write(Header(path, status) with { HardLink = _linked[status.Identity], Kind = FileKind.Regular }, null, cancellationToken);
            return;
        }
        TarEntry entry = Header(path, status) with
        {
            Target = status.IsSymlink ? walk.ReadCurrentLink() : "",
            Attributes = walk.ReadCurrentAttributes(),
        };
        using SafeFileHandle? content = status is { IsRegular: true, Size: > 0 } ? walk.OpenCurrent() : null;
        writer.Write(entry, content, cancellationToken);
        if (isLayer && status.IsDirectory && IsOpaque(walk.Directory, current.Name))
        {
            WriteMark(path + "/" + OpaqueName, cancellationToken);
        }
    }

    private TarEntry Header(string path, FileStatus status) => new()
    {
        Path = path,
        Kind = status.Kind,
        Mode = status.Mode,
        Owner = new FileOwner(status.Uid, status.Gid),
        Size = status.Size,
        ModifiedNanoseconds = Time(status.ModifiedNanoseconds),
        DeviceMajor = status.DeviceMajor,
        DeviceMinor = status.DeviceMinor,
    };

    private long Time(long nanoseconds)
    {
        if (options.ClampSeconds is { } clamp && nanoseconds > clamp * 1_000_000_000)
        {
            return clamp * 1_000_000_000;
        }
        if (options.Nanoseconds)
        {
            return nanoseconds;
        }
        long rest = nanoseconds % 1_000_000_000;
        return nanoseconds - (rest < 0 ? rest + 1_000_000_000 : rest);
    }

    private void WriteMark(string path, CancellationToken cancellationToken) =>
        writer.Write(new TarEntry { Path = path, Kind = FileKind.Regular }, null, cancellationToken);

    private static bool IsOpaque(SafeFileHandle directory, string name) =>
        Files.TryAttribute(directory, name, TreeAttributes.Opaque) is [(byte)'y', ..];
}
