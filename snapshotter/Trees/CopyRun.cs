using Cairn.Llb;
using Cairn.Llb.Matching;
using Cairn.Snapshotter.Layers;
using Cairn.Snapshotter.Native;
using Microsoft.Win32.SafeHandles;

namespace Cairn.Snapshotter.Trees;

/// <summary>
/// Copies one source to one target. The walk makes directories and everything small in order; regular files are copied by some workers.
/// What depends on all files being there (further names of an inode, metadata of directories) comes last.
/// </summary>
internal sealed class CopyRun : IDisposable
{
    private readonly RootedTree _source;
    private readonly RootedTree _destination;
    private readonly CopyMetadata _metadata;
    private readonly bool _alwaysReplace;
    private readonly IReadOnlyList<string> _made;
    private readonly PatternMatcher? _include;
    private readonly PatternMatcher? _exclude;
    private readonly SafeFileHandle? _upper;   // takes what lies in new directories, if the destination is a mount
    private readonly SharedFiles? _shares;    // takes files of the source as they are, where that may be
    private readonly CopyWorkers _workers;
    private readonly CancellationToken _cancellation;
    private readonly Dictionary<(ulong, ulong), string> _linked = [];                        // identity -> target path of its first name
    private readonly List<(CopyDirectory Directory, string Name, string First)> _links = []; // made when the first name is there
    private readonly List<(string Path, FileChange Change, IReadOnlyDictionary<string, byte[]>? Attributes)> _directories = [];

    /// <param name="source">Tree to read.</param>
    /// <param name="destination">Tree to change.</param>
    /// <param name="options">How.</param>
    /// <param name="made">Directories of the destination that were just made, in which nobody has looked for anything yet.</param>
    /// <param name="cancellationToken">Stops the copy.</param>
    public CopyRun(
        RootedTree source, RootedTree destination, TreeCopyOptions options, IReadOnlyList<string> made, CancellationToken cancellationToken)
    {
        _made = made;
        _source = source;
        _destination = destination;
        _metadata = new CopyMetadata(options);
        _alwaysReplace = options.AlwaysReplace;
        _include = options.Include.Count == 0 ? null : new PatternMatcher(options.Include);
        _exclude = options.Exclude.Count == 0 ? null : new PatternMatcher(options.Exclude);
        _cancellation = cancellationToken;
        _upper = destination.Upper is { } upper ? Files.OpenDirectory(upper) : null;
        _shares = source.Layer is { } layer && destination.Shares is { } shares && shares.MayLink(layer.Id) ? shares : null;
        _workers = new CopyWorkers(
            _metadata, options.AlwaysReplace, _shares is null ? null : (_shares, source.Layer!.Value.Id), cancellationToken);
    }

    /// <summary>Copies.</summary>
    /// <param name="sourcePath">Path without links in its directory part.</param>
    /// <param name="status">Its status.</param>
    /// <param name="targetPath">Path without links; its directory exists.</param>
    public void Copy(string sourcePath, FileStatus status, string targetPath)
    {
        (string sourceDirectory, string sourceName) = TreePath.Split(sourcePath);
        (string targetDirectory, string targetName) = TreePath.Split(targetPath);
        sourceName = sourceName.Length == 0 ? "." : sourceName;
        var parent = new CopyDirectory(OpenSource(sourceDirectory), status, null, "", targetDirectory);
        try
        {
            parent.SetTarget(_destination.OpenDirectory(targetDirectory), isFresh: false);
            if (status.IsDirectory)
            {
                CopyTop(parent, sourceName, status, targetName.Length == 0 ? "." : targetName, targetPath);
            }
            else
            {
                AddEntry(parent, sourceName, targetName, status, targetPath);
            }
            _workers.Complete();
            MakeLinks();
        }
        finally
        {
            _links.ForEach(static link => link.Directory.Release());
            parent.Release();
        }
        FinishDirectories();
    }

    public void Dispose()
    {
        _workers.Dispose();
        _upper?.Dispose();
    }

    // Reading a layer itself saves going through the mount.
    private SafeFileHandle OpenSource(string path)
    {
        if (_source.Layer is { } layer)
        {
            using SafeFileHandle root = Files.OpenDirectory(layer.Directory);
            if (Files.TryOpenBelow(root, TreePath.Relative(path)) is { } direct)
            {
                return direct;
            }
        }
        return _source.OpenDirectory(path);
    }

    // The top directory keeps what it is if it was there; only its times are the source's.
    private void CopyTop(CopyDirectory parent, string sourceName, FileStatus status, string targetName, string targetPath)
    {
        CopyDirectory top = Open(parent, sourceName, status, targetName, targetPath);
        try
        {
            Make(top, isTop: true);
            CopyContents(top, "", null, null);
        }
        finally
        {
            top.Release();
        }
    }

    private void CopyContents(CopyDirectory directory, string relative, PatternMatch? included, PatternMatch? excluded)
    {
        foreach (string name in Files.Names(directory.Source))
        {
            _cancellation.ThrowIfCancellationRequested();
            string path = relative.Length == 0 ? name : relative + "/" + name;
            string target = TreePath.Join(directory.TargetPath, name);
            FileStatus status = Files.Status(directory.Source, name);
            if (status.IsWhiteout)
            {
                continue;   // in a layer read directly; a mount shows none
            }
            PatternMatch? include = _include?.Match(path, included);
            PatternMatch? exclude = _exclude?.Match(path, excluded);
            bool isExcluded = exclude is { IsMatch: true };
            bool isTaken = !isExcluded && include is not { IsMatch: false };
            if (!status.IsDirectory)
            {
                if (isTaken)
                {
                    Make(directory, isTop: false);
                    AddEntry(directory, name, name, status, target);
                }
                continue;
            }
            if (!isTaken && !(isExcluded ? _exclude!.HasNegations : _include!.CanMatchBelow(path)))
            {
                continue;
            }
            CopyDirectory child = Open(directory, name, status, name, target);
            try
            {
                if (isTaken)
                {
                    Make(child, isTop: false);
                }
                CopyContents(child, path, include, exclude);   // one that is not taken itself is made when something in it is
            }
            finally
            {
                child.Release();
            }
        }
    }

    private static CopyDirectory Open(CopyDirectory parent, string sourceName, FileStatus status, string targetName, string targetPath) =>
        new(
            Files.OpenAt(parent.Source, sourceName, Libc.O_RDONLY | Libc.O_DIRECTORY | Libc.O_NOFOLLOW), status, parent, targetName,
            targetPath);

    private void Make(CopyDirectory directory, bool isTop)
    {
        if (directory.Target is not null)
        {
            return;
        }
        Make(directory.Parent!, isTop: false);
        SafeFileHandle parent = directory.Parent!.Target!;
        bool isFresh = Files.TryMakeDirectory(parent, directory.TargetName, 0x1c0);
        if (!isFresh && Files.TryStatus(parent, directory.TargetName) is { IsDirectory: false })
        {
            if (!_alwaysReplace)
            {
                throw new BuildException(ErrorKind.Input, "", "", $"cannot copy to non-directory: {directory.TargetPath}");
            }
            Files.Unlink(parent, directory.TargetName);
            Files.MakeDirectory(parent, directory.TargetName, 0x1c0);
            isFresh = true;
        }
        bool isEmpty = isFresh || _made.Contains(directory.TargetPath);
        SafeFileHandle target = isEmpty && !directory.Parent.IsFresh && _upper is not null
            && Files.TryOpenBelow(_upper, TreePath.Relative(directory.TargetPath)) is { } direct
            ? direct   // nobody has looked into it through the mount, so nothing there can be out of date
            : Files.OpenAt(parent, directory.TargetName, Libc.O_PATH | Libc.O_DIRECTORY | Libc.O_NOFOLLOW);
        directory.SetTarget(target, isEmpty);
        FileChange change = _metadata.Of(directory.Status);
        _directories.Add(isTop && !isFresh
            ? (directory.TargetPath, new FileChange { Times = change.Times }, null)
            : (directory.TargetPath, change, TreeAttributes.Read(directory.Source, ".")));
    }

    private void AddEntry(CopyDirectory directory, string sourceName, string targetName, FileStatus status, string targetPath)
    {
        if (status.LinkCount > 1 && !_linked.TryAdd(status.Identity, targetPath))
        {
            _links.Add((directory.Retain(), targetName, _linked[status.Identity]));
            return;
        }
        if (status.IsRegular)
        {
            _workers.Add(directory, sourceName, targetName, status, targetPath);
            return;
        }
        SafeFileHandle target = directory.Target!;
        CopyWorkers.MakeRoom(directory, targetName, targetPath, _alwaysReplace);
        FileChange change = _metadata.Of(status);
        switch (status.Kind)
        {
            case FileKind.Symlink:
                Files.MakeSymlink(target, targetName, Files.ReadLink(directory.Source, sourceName));
                break;
            case FileKind.Socket:
                // Nobody listens at a copied socket: an empty file keeps the name.
                Files.MakeNode(target, targetName, FileKind.Regular, change.Mode!.Value, 0, 0);
                break;
            default:
                Files.MakeNode(target, targetName, status.Kind, change.Mode!.Value, status.DeviceMajor, status.DeviceMinor);
                break;
        }
        RootedTree.Apply(target, targetName, status.Kind, change with { Times = null });
        FileCopy.CopyAttributes(directory.Source, sourceName, target, targetName);
        RootedTree.Apply(target, targetName, status.Kind, new FileChange { Times = change.Times });
    }

    private void MakeLinks()
    {
        foreach ((CopyDirectory directory, string name, string first) in _links)
        {
            (string firstDirectory, string firstName) = TreePath.Split(first);
            // Both by the mount: one may have been made in it and the other beneath it.
            using SafeFileHandle from = _destination.OpenDirectory(firstDirectory);
            using SafeFileHandle to = _destination.OpenDirectory(directory.TargetPath);
            CopyWorkers.MakeRoom(directory, name, TreePath.Join(directory.TargetPath, name), _alwaysReplace);
            Files.Link(from, firstName, to, name);
            _shares?.AddName(Files.Status(to, name));
        }
    }

    // Deepest first is not needed: metadata of a directory does not change its parent's times.
    private void FinishDirectories()
    {
        foreach ((string path, FileChange change, IReadOnlyDictionary<string, byte[]>? attributes) in _directories)
        {
            using SafeFileHandle directory = _destination.OpenDirectory(path);
            RootedTree.Apply(directory, change with { Times = null });
            foreach ((string attribute, byte[] value) in attributes ?? NoAttributes)
            {
                Files.TrySetAttribute(directory, attribute, value);   // what the filesystem refuses is left out
            }
            RootedTree.Apply(directory, new FileChange { Times = change.Times });
        }
    }

    private static IReadOnlyDictionary<string, byte[]> NoAttributes { get; } = new Dictionary<string, byte[]>();
}
