using System.Buffers;
using Cairn.Cache.Refs;
using Cairn.Snapshotter.Trees;

namespace Cairn.Solver.Exporters;

/// <summary>Writes one tree over a directory. Files get inodes of their own: the client may change them, and the store must not notice.</summary>
internal sealed class LocalTreeWriter
{
    private const int BufferSize = 256 * 1024;
    private readonly RootedTree _target;
    private readonly long? _epoch;
    private readonly IProgressItem _progress;
    private readonly FileOwner _owner;
    private readonly Dictionary<(ulong, ulong), string> _links = [];
    private readonly Stack<(string Path, FileTimes Times)> _directories = new();
    private long _bytes;

    public LocalTreeWriter(RootedTree target, DateTimeOffset? epoch, IProgressItem progress)
    {
        _target = target;
        _epoch = epoch is { } time ? time.ToUnixTimeSeconds() * 1_000_000_000 : null;
        _progress = progress;
        FileStatus root = target.Status(TreePath.Root, followLinks: true)!;
        _owner = Environment.IsPrivilegedProcess ? FileOwner.Root : new FileOwner(root.Uid, root.Gid);
    }

    public void Write(RootedTree tree, string prefix, CancellationToken cancellationToken)
    {
        string top = prefix.Length > 0 ? "/" + prefix : "";
        if (top.Length > 0)
        {
            _target.MakeDirectory(top, 0x1ed, _owner, null, parents: false);
            _directories.Push((top, new FileTimes(_epoch ?? 0)));
        }

        using var walk = new TreeWalk(tree, TreePath.Root);
        walk.MoveNext();
        while (walk.MoveNext())
        {
            cancellationToken.ThrowIfCancellationRequested();
            Write(walk, top + walk.Current.Path, cancellationToken);
        }

        while (_directories.TryPop(out (string Path, FileTimes Times) directory))
        {
            _target.SetMetadata(directory.Path, new FileChange { Times = directory.Times }, followLinks: false);
        }

        _progress.Report(_bytes);
    }

    private void Write(TreeWalk walk, string path, CancellationToken cancellationToken)
    {
        FileStatus status = walk.Current.Status;
        FileStatus? present = _target.Status(path, followLinks: false);
        var times = new FileTimes(_epoch ?? status.ModifiedNanoseconds);
        if (present is not null && !(status.IsDirectory && present.IsDirectory))
        {
            _target.Remove(path, recursive: true);
        }

        switch (status.Kind)
        {
            case FileKind.Directory:
                if (present is not { IsDirectory: true })
                {
                    _target.MakeDirectory(path, status.Mode, _owner, null, parents: false);
                }

                _target.SetMetadata(path, new FileChange { Owner = _owner, Mode = status.Mode }, followLinks: false);
                _directories.Push((path, times));
                break;
            case FileKind.Symlink:
                _target.MakeSymlink(path, walk.ReadCurrentLink(), _owner, times);
                return;
            case FileKind.Regular when status.LinkCount > 1 && !_links.TryAdd(status.Identity, path):
                _target.MakeHardLink(path, _links[status.Identity]);
                return;
            case FileKind.Regular:
                CopyFile(walk, path, cancellationToken);
                _target.SetMetadata(path, new FileChange { Owner = _owner, Mode = status.Mode, Times = times }, followLinks: false);
                break;
            default:
                _target.MakeNode(path, status.Kind, status.Mode, _owner, status.DeviceMajor, status.DeviceMinor);
                _target.SetMetadata(path, new FileChange { Times = times }, followLinks: false);
                break;
        }

        foreach ((string attribute, byte[] value) in walk.ReadCurrentAttributes())
        {
            _target.SetAttribute(path, attribute, value);
        }
    }

    private void CopyFile(TreeWalk walk, string path, CancellationToken cancellationToken)
    {
        using var source = new FileStream(walk.OpenCurrent(), FileAccess.Read, bufferSize: 0);
        using Stream target = _target.OpenWrite(path, 0x180, _owner);   // 0600 until it is whole
        byte[] buffer = ArrayPool<byte>.Shared.Rent(BufferSize);
        try
        {
            for (int read; (read = source.Read(buffer)) > 0; _bytes += read)
            {
                cancellationToken.ThrowIfCancellationRequested();
                target.Write(buffer, 0, read);
                _progress.Report(_bytes);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
