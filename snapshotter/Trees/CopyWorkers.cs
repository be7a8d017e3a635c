using System.Collections.Concurrent;
using Cairn.Llb;
using Cairn.Snapshotter.Layers;
using Cairn.Snapshotter.Native;

namespace Cairn.Snapshotter.Trees;

/// <summary>
/// Copies regular files. The first few are copied at once by the caller; if there are more, batches of them go to one worker per core.
/// </summary>
/// <param name="metadata">What the copies get.</param>
/// <param name="alwaysReplace">A directory in the way is removed.</param>
/// <param name="shares">Takes files of this layer as they are; null if all must be copied.</param>
/// <param name="cancellationToken">Stops the work.</param>
internal sealed class CopyWorkers(
    CopyMetadata metadata, bool alwaysReplace, (SharedFiles Files, LayerId Layer)? shares, CancellationToken cancellationToken) : IDisposable
{
    private const int InlineFiles = 64;
    private const int BatchSize = 64;

    private readonly CancellationTokenSource _stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
    private readonly Lock _failing = new();   // guards the next two
    private Exception? _failure;
    private long _failedBatch = long.MaxValue;
    private BlockingCollection<Batch>? _queue;
    private Task[] _workers = [];
    private List<Job> _batch = [];
    private long _batches;
    private int _inline;

    /// <summary>Copies a file, now or soon; its directory is kept open until then.</summary>
    public void Add(CopyDirectory directory, string sourceName, string targetName, FileStatus status, string targetPath)
    {
        var job = new Job(directory, sourceName, targetName, status, targetPath);
        if (_inline < InlineFiles && status.Size <= 1 << 20)
        {
            _inline++;
            Copy(job);
            return;
        }
        directory.Retain();
        _batch.Add(job);
        if (_batch.Count == BatchSize)
        {
            Send();
            if (_stop.IsCancellationRequested)
            {
                Finish();   // no need to go on walking
            }
        }
    }

    /// <summary>Waits until everything is copied.</summary>
    /// <exception cref="BuildException">The failure of the earliest file that failed.</exception>
    public void Complete()
    {
        if (_queue is null)
        {
            foreach (Job job in _batch)
            {
                Copy(job);
                job.Directory.Release();
            }
            _batch = [];
            return;
        }
        Send();
        Finish();
    }

    public void Dispose()
    {
        if (_queue is not null)
        {
            _stop.Cancel();
            _queue.CompleteAdding();
            Task.WaitAll(_workers, CancellationToken.None);
            _queue.Dispose();
        }
        _batch.ForEach(static job => job.Directory.Release());
        _stop.Dispose();
    }

    /// <summary>Makes sure that a name in a target directory is free for something that is not a directory.</summary>
    public static void MakeRoom(CopyDirectory directory, string name, string path, bool alwaysReplace)
    {
        if (directory.IsFresh || Files.TryStatus(directory.Target!, name) is not { } existing)
        {
            return;
        }
        if (!existing.IsDirectory)
        {
            Files.Unlink(directory.Target!, name);
            return;
        }
        if (!alwaysReplace)
        {
            throw new BuildException(ErrorKind.Input, "", "", $"cannot replace to directory {path} with file");
        }
        Files.RemoveTree(directory.Target!, name, CancellationToken.None);
    }

    private void Send()
    {
        if (_queue is null)
        {
            _queue = new BlockingCollection<Batch>(4 * Environment.ProcessorCount);
            _workers = [.. Enumerable.Range(0, Environment.ProcessorCount).Select(_ => Task.Run(Work, CancellationToken.None))];
        }
        _queue.Add(new Batch(_batches++, _batch), CancellationToken.None);   // the workers always empty the queue
        _batch = [];
    }

    // Waits for the workers and tells what went wrong.
    private void Finish()
    {
        _queue!.CompleteAdding();
        Task.WaitAll(_workers, CancellationToken.None);
        cancellationToken.ThrowIfCancellationRequested();
        if (_failure is not null)
        {
            System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(_failure);
        }
    }

    private void Work()
    {
        foreach (Batch batch in _queue!.GetConsumingEnumerable(CancellationToken.None))
        {
            foreach (Job job in batch.Jobs)
            {
                try
                {
                    if (!_stop.IsCancellationRequested)
                    {
                        Copy(job);
                    }
                }
                catch (Exception e) when (e is BuildException or IOException or UnauthorizedAccessException)
                {
                    Fail(batch.Number, e);
                }
                finally
                {
                    job.Directory.Release();
                }
            }
        }
    }

    private void Fail(long batch, Exception failure)
    {
        lock (_failing)
        {
            if (batch < _failedBatch)
            {
                (_failedBatch, _failure) = (batch, failure);
            }
        }
        _stop.Cancel();
    }

    private void Copy(Job job)
    {
        try
        {
            MakeRoom(job.Directory, job.TargetName, job.TargetPath, alwaysReplace);
            if (TryLink(job))
            {
                return;
            }
            FileCopy.Copy(job.Directory.Source, job.SourceName, job.Status, job.Directory.Target!, job.TargetName, metadata.Of(job.Status));
        }
        catch (NativeException e)
        {
            throw e.At(job.TargetPath);
        }
    }

    private bool TryLink(Job job)
    {
        if (shares is not ({ } files, var layer) || !metadata.Keeps(job.Status) || !files.TryTake(layer, job.Status.Inode))
        {
            return false;
        }
        // Any error (too many links, another mount) means that a copy must do.
        if (Files.TryLink(job.Directory.Source, job.SourceName, job.Directory.Target!, job.TargetName) == 0)
        {
            return true;
        }
        files.GiveBack(job.Status.Inode);
        return false;
    }

    private readonly record struct Job(CopyDirectory Directory, string SourceName, string TargetName, FileStatus Status, string TargetPath);

    private readonly record struct Batch(long Number, List<Job> Jobs);
}
