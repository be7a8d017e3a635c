using System.Buffers;
using Cairn.Cache.Refs;
using Cairn.Llb;
using Cairn.Snapshotter.Layers;
using Cairn.Snapshotter.Locals;
using Cairn.Snapshotter.Native;
using Cairn.Snapshotter.Trees;
using Cairn.Solver.Sessions;

namespace Cairn.Solver.Sources;

/// <summary>Fills a staged layer with the entries of a sync.</summary>
internal sealed class LocalLayerWriter
{
    private const int BufferSize = 128 * 1024;
    private const int MaxReads = 3;   // of a file that changes while it is read; then the last state counts, and the next sync looks again
    private const long ReportStep = 1024 * 1024;
    private readonly StagedLayer _layer;
    private readonly ILocalFiles _files;
    private readonly LocalSyncPlan _plan;
    private readonly IProgressItem _progress;
    private readonly string _root;
    private long _bytes;   // added to by every worker
    private long _reported;

    // The root holds both the staged layer and the last one: files get second names inside it.
    public LocalLayerWriter(string root, StagedLayer layer, ILocalFiles files, LocalSyncPlan plan, IProgressItem progress)
    {
        _root = root;
        _layer = layer;
        _files = files;
        _plan = plan;
        _progress = progress;
    }

    public void Write(CancellationToken cancellationToken)
    {
        var regular = new List<int>();
        for (int i = 0; i < _plan.Entries.Count; i++)
        {
            LocalEntry entry = _plan.Entries[i];
            if (entry.Status.IsDirectory)
            {
                _layer.Tree.MakeDirectory("/" + entry.Path, entry.Status.Mode, Owner(entry.Status), null, parents: false);
            }
            else if (entry.Status.IsRegular && entry.LinkTarget is null)
            {
                regular.Add(i);
            }
        }

        WriteFiles(regular, cancellationToken);
        foreach (LocalEntry entry in _plan.Entries)
        {
            WriteOther(entry);
        }

        SetDirectoryTimes();
        _progress.Report(Interlocked.Read(ref _bytes));
    }

    private void WriteFiles(List<int> regular, CancellationToken cancellationToken)
    {
        using RootedTree store = RootedTree.Open(_root);
        string staged = "/" + Path.GetRelativePath(_root, _layer.Directory) + "/";
        string? last = _plan.LastDirectory is { } directory ? "/" + Path.GetRelativePath(_root, directory) + "/" : null;
        var options = new ParallelOptions { CancellationToken = cancellationToken, MaxDegreeOfParallelism = Math.Max(2, Environment.ProcessorCount) };
        try
        {
            Parallel.ForEach(regular, options, index =>
            {
                string path = _plan.Entries[index].Path;
                if (last is null || !_plan.HasSameFile(index, cancellationToken) || !TryLink(store, last + path, staged + path))
                {
                    Copy(index, cancellationToken);
                }
            });
        }
        catch (AggregateException e) when (e.InnerExceptions[0] is BuildException first)
        {
            throw new BuildException(first.Kind, first.Doing, first.Subject, first.Reason, first.Remedy, first);
        }
    }

    /// <summary>False where the file system has no room for another name of that file; it is copied then.</summary>
    private static bool TryLink(RootedTree store, string existing, string path)
    {
        try
        {
            store.MakeHardLink(path, existing);
            return true;
        }
        catch (NativeException)
        {
            return false;
        }
    }

    private void Copy(int index, CancellationToken cancellationToken)
    {
        LocalEntry entry = _plan.Entries[index];
        string path = "/" + entry.Path;
        for (int read = 1; ; read++)
        {
            LocalRecord record = _plan.Records[index];
            CopyBytes(entry.Path, cancellationToken);
            foreach ((string attribute, byte[] value) in entry.Attributes)
            {
                _layer.Tree.SetAttribute(path, attribute, value);
            }

            _layer.Tree.SetMetadata(
                path,
                new FileChange { Owner = Owner(entry.Status), Mode = record.Mode, Times = new FileTimes(record.ModifiedNanoseconds) },
                followLinks: false);
            LocalRecord? changed = _plan.Recheck(index);
            if (changed is null || read == MaxReads)
            {
                return;
            }

            _layer.Tree.Remove(path, recursive: false);
        }
    }

    private void CopyBytes(string path, CancellationToken cancellationToken)
    {
        using Stream target = Create(path);
        byte[] buffer = ArrayPool<byte>.Shared.Rent(BufferSize);
        try
        {
            using Stream source = _files.Open(path);
            for (int read; (read = source.Read(buffer)) > 0;)
            {
                cancellationToken.ThrowIfCancellationRequested();
                target.Write(buffer, 0, read);
                Report(read);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>The directories above are made here and are real ones, so a path of the host is safe; not every name can be told that way.</summary>
    private Stream Create(string path)
    {
        if (path.AsSpan().ContainsAnyInRange('\uD800', '\uDFFF'))
        {
            return _layer.Tree.OpenWrite("/" + path, 0x180, null);
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

    private void WriteOther(LocalEntry entry)
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

        foreach ((string attribute, byte[] value) in entry.Attributes)
        {
            _layer.Tree.SetAttribute(path, attribute, value);
        }
    }

    /// <summary>Last, since every name made in a directory changes its time. The root, of which clients tell nothing, gets the latest time in it.</summary>
    private void SetDirectoryTimes()
    {
        long latest = 0;
        for (int i = _plan.Entries.Count - 1; i >= 0; i--)
        {
            LocalEntry entry = _plan.Entries[i];
            latest = Math.Max(latest, _plan.Records[i].ModifiedNanoseconds);
            if (entry.Status.IsDirectory)
            {
                _layer.Tree.SetMetadata("/" + entry.Path, new FileChange { Times = new FileTimes(entry.Status.ModifiedNanoseconds) }, followLinks: false);
            }
        }

        _layer.Tree.SetMetadata(TreePath.Root, new FileChange { Times = new FileTimes(latest) }, followLinks: false);
    }

    private void Report(int bytes)
    {
        long total = Interlocked.Add(ref _bytes, bytes);
        long reported = Interlocked.Read(ref _reported);
        if (total - reported >= ReportStep && Interlocked.CompareExchange(ref _reported, total, reported) == reported)
        {
            _progress.Report(total);
        }
    }

    private static FileOwner Owner(FileStatus status) => new(status.Uid, status.Gid);
}
