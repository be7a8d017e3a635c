using Cairn.Llb;
using Cairn.Snapshotter.Layers;
using Cairn.Snapshotter.Locals;
using Cairn.Snapshotter.Native;
using Cairn.Snapshotter.Trees;

namespace Cairn.Solver.Sources;

/// <summary>Makes the entries of a client's directory in a staged layer. Directories first, then files, then all others, times of directories last.</summary>
/// <remarks>Files may be made by several threads.</remarks>
internal sealed class LocalLayer : IDisposable
{
    private readonly StagedLayer _layer;
    private readonly RootedTree _store;
    private readonly string _staged;
    private readonly string? _last;

    /// <param name="root">Directory that holds both the staged layer and the last one: files get second names inside it.</param>
    /// <param name="layer">To be filled.</param>
    /// <param name="lastDirectory">Of the layer of the last sync; null if there is none.</param>
    public LocalLayer(string root, StagedLayer layer, string? lastDirectory)
    {
        _layer = layer;
        _staged = "/" + Path.GetRelativePath(root, layer.Directory) + "/";
        _last = lastDirectory is null ? null : "/" + Path.GetRelativePath(root, lastDirectory) + "/";
        _store = RootedTree.Open(root);
    }

    public void MakeDirectory(LocalEntry entry) =>
        _layer.Tree.MakeDirectory("/" + entry.Path, entry.Status.Mode, Owner(entry.Status), null, parents: false);

    /// <summary>Gives a file of the last sync a second name here. False where the file system has no room for another name of it.</summary>
    public bool TryLink(string path)
    {
        try
        {
            _store.MakeHardLink(_staged + path, _last + path);
            return true;
        }
        catch (NativeException)
        {
            return false;
        }
    }

    /// <summary>Opens a file of the last sync.</summary>
    public Stream OpenLast(string path) => _store.OpenRead(_last + path);

    /// <summary>A new file, to be written by whoever opens it. The directories above are made here and are real ones, so a path of the host is safe.</summary>
    public Stream CreateFile(string path)
    {
        if (path.AsSpan().ContainsAnyInRange('\uD800', '\uDFFF'))
        {
            return _layer.Tree.OpenWrite("/" + path, 0x180, null);   // not every name can be told in a path of the host
        }

        try
        {
            return new FileStream(_layer.Directory + "/" + path, FileMode.CreateNew, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
        }
        catch (IOException e)
        {
            throw new BuildException(ErrorKind.Environment, "write", path, e.Message, null, e);
        }
    }

    /// <summary>Gives a file that was written its metadata.</summary>
    public void FinishFile(LocalEntry entry, uint mode, long modifiedNanoseconds)
    {
        string path = "/" + entry.Path;
        SetAttributes(entry);
        _layer.Tree.SetMetadata(
            path, new FileChange { Owner = Owner(entry.Status), Mode = mode, Times = new FileTimes(modifiedNanoseconds) }, followLinks: false);
    }

    public void RemoveFile(string path) => _layer.Tree.Remove("/" + path, recursive: false);

    /// <summary>Everything but regular files with a content of their own; of directories the attributes.</summary>
    public void WriteOther(LocalEntry entry)
    {
        string path = "/" + entry.Path;
        FileStatus status = entry.Status;
        var times = new FileTimes(status.ModifiedNanoseconds);
        if (status.IsSymlink)
        {
            _layer.Tree.MakeSymlink(path, entry.LinkTarget!, Owner(status), times);
        }
        else if (status.IsRegular)
        {
            if (entry.LinkTarget is { } target)
            {
                _layer.Tree.MakeHardLink(path, "/" + target);
            }

            return;
        }
        else if (!status.IsDirectory)
        {
            _layer.Tree.MakeNode(path, status.Kind, status.Mode, Owner(status), status.DeviceMajor, status.DeviceMinor);
            _layer.Tree.SetMetadata(path, new FileChange { Times = times }, followLinks: false);
        }

        SetAttributes(entry);
    }

    /// <summary>Last, since every name made in a directory changes its time. The root, of which clients tell nothing, gets the latest time in it.</summary>
    /// <param name="entries">In the order in which they came.</param>
    /// <param name="modified">Time of each in nanoseconds, as it was written.</param>
    public void SetDirectoryTimes(IReadOnlyList<LocalEntry> entries, Func<int, long> modified)
    {
        long latest = 0;
        for (int i = entries.Count - 1; i >= 0; i--)
        {
            LocalEntry entry = entries[i];
            latest = Math.Max(latest, modified(i));
            if (entry.Status.IsDirectory)
            {
                _layer.Tree.SetMetadata("/" + entry.Path, new FileChange { Times = new FileTimes(entry.Status.ModifiedNanoseconds) }, followLinks: false);
            }
        }

        _layer.Tree.SetMetadata(TreePath.Root, new FileChange { Times = new FileTimes(latest) }, followLinks: false);
    }

    public void Dispose() => _store.Dispose();

    private void SetAttributes(LocalEntry entry)
    {
        foreach ((string attribute, byte[] value) in entry.Attributes)
        {
            _layer.Tree.SetAttribute("/" + entry.Path, attribute, value);
        }
    }

    private static FileOwner Owner(FileStatus status) => new(status.Uid, status.Gid);
}
