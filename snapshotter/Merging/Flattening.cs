using Cairn.Snapshotter.Layers;
using Cairn.Snapshotter.Native;
using Cairn.Snapshotter.Trees;
using Microsoft.Win32.SafeHandles;

namespace Cairn.Snapshotter.Merging;

/// <summary>
/// Writes the tree of a stack of layers into one directory: one walk, subtrees in parallel, each directory finished when all in it is.
/// </summary>
internal sealed class Flattening : IDisposable
{
    private const int FilesBeforeWorkers = 256;   // a small tree is done before a worker has started

    private readonly FilePlacement _placement;
    private readonly bool _isBottom;
    private readonly bool _isRoot;   // what is flattened are whole layers
    private readonly CancellationTokenSource _stop;
    private readonly CountdownEvent _running = new(1);
    private int _spareWorkers = Math.Min(Environment.ProcessorCount, 4) - 1;
    private int _files;
    private Exception? _failure;   // the first; set once

    private Flattening(FilePlacement placement, bool isBottom, bool isRoot, CancellationToken cancellationToken)
    {
        _isRoot = isRoot;
        _placement = placement;
        _isBottom = isBottom;
        _stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
    }

    /// <summary>Flattens layers with nothing below them: the directory gets what a mount of them shows.</summary>
    /// <param name="layers">Change directories, topmost first; none leaves the target as it is.</param>
    /// <param name="target">Existing empty directory.</param>
    /// <param name="strategy">How files get there. With links, the tree must never be written to.</param>
    /// <param name="counts">Counts what was refused.</param>
    /// <param name="cancellationToken">Stops the work.</param>
    public static void Run(
        IReadOnlyList<string> layers, string target, MergeStrategy strategy, FallbackCounts counts, CancellationToken cancellationToken)
    {
        if (layers.Count > 0)
        {
            Run(Open(layers, isBottom: true), target, isBottom: true, isRoot: true, strategy, counts, cancellationToken);
        }
    }

    /// <summary>
    /// Flattens a run of layers that others may lie below: deletions stay, as whiteouts and opaque marks, so that the directory stands for
    /// the run in every stack.
    /// </summary>
    /// <inheritdoc cref="Run(IReadOnlyList{string}, string, MergeStrategy, FallbackCounts, CancellationToken)"/>
    public static void RunBetween(
        IReadOnlyList<string> layers, string target, MergeStrategy strategy, FallbackCounts counts, CancellationToken cancellationToken) =>
        Run(Open(layers, isBottom: false), target, isBottom: false, isRoot: true, strategy, counts, cancellationToken);

    /// <summary>Flattens one directory of a stack with nothing below.</summary>
    /// <param name="source">The directory; owned.</param>
    /// <param name="target">Existing empty directory.</param>
    /// <param name="strategy">How files get there.</param>
    /// <param name="counts">Counts what was refused.</param>
    /// <param name="cancellationToken">Stops the work.</param>
    public static void Run(
        MergedDirectory<LayerDirectory> source, string target, MergeStrategy strategy, FallbackCounts counts,
        CancellationToken cancellationToken) => Run(source, target, isBottom: true, isRoot: false, strategy, counts, cancellationToken);

    /// <summary>Opens a stack.</summary>
    /// <param name="layers">Change directories, topmost first, at least one.</param>
    /// <param name="isBottom">Nothing lies below.</param>
    public static MergedDirectory<LayerDirectory> Open(IEnumerable<string> layers, bool isBottom) =>
        MergedDirectory<LayerDirectory>.Open(
            layers.Select(static layer => LayerDirectory.Open(new LayerSource(layer))), isBottom);

    public void Dispose()
    {
        _stop.Dispose();
        _running.Dispose();
    }

    private static void Run(
        MergedDirectory<LayerDirectory> source, string target, bool isBottom, bool isRoot, MergeStrategy strategy, FallbackCounts counts,
        CancellationToken cancellationToken)
    {
        SafeFileHandle handle;
        try
        {
            handle = Files.OpenDirectory(target);
        }
        catch
        {
            source.Dispose();
            throw;
        }
        var placement = new FilePlacement(strategy, target, counts);
        using var run = new Flattening(placement, isBottom, isRoot, cancellationToken);
        run.Work(new FlattenedDirectory(source, handle, null, ""));
        run._running.Wait(CancellationToken.None);   // workers stop by the token
        cancellationToken.ThrowIfCancellationRequested();
        if (run._failure is not null)
        {
            System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(run._failure);
        }
        placement.Regroup(cancellationToken);
    }

    // Ends with one signal, whatever happens.
    private void Work(FlattenedDirectory directory)
    {
        try
        {
            Fill(directory);
        }
        finally
        {
            _running.Signal();
        }
    }

    // A failure is noted, not thrown: directories above are closed all the same.
    private void Fill(FlattenedDirectory directory)
    {
        try
        {
            foreach (MergedEntry<LayerDirectory> entry in directory.Source.Entries())
            {
                _stop.Token.ThrowIfCancellationRequested();
                Add(entry, directory);
            }
        }
#pragma warning disable CA1031 // The top of a worker: the first failure is thrown by the caller's thread.
        catch (Exception e)
#pragma warning restore CA1031
        {
            Fail(e);
        }
        for (FlattenedDirectory? done = directory; done is not null && done.TryFinish(); done = done.Parent)
        {
            Finish(done);
        }
    }

    private void Add(MergedEntry<LayerDirectory> entry, FlattenedDirectory directory)
    {
        if (entry.IsWhiteout)
        {
            Files.MakeWhiteout(directory.Target, entry.Name);
            directory.HasWhiteouts = true;
            return;
        }
        string path = directory.Path + "/" + entry.Name;
        if (entry.Kind != FileKind.Directory)
        {
            _placement.Place(entry, directory.Target, path);
            Interlocked.Increment(ref _files);
            return;
        }
        Files.MakeDirectory(directory.Target, entry.Name, 0x1c0);
        MergedDirectory<LayerDirectory> source = directory.Source.Enter(entry);
        SafeFileHandle target;
        try
        {
            target = Files.OpenAt(directory.Target, entry.Name, Libc.O_RDONLY | Libc.O_DIRECTORY | Libc.O_NOFOLLOW);
        }
        catch
        {
            source.Dispose();
            throw;
        }
        directory.Expect();
        Hand(new FlattenedDirectory(source, target, directory, path));
    }

    // To a worker that has nothing to do, else to this thread: so the number of open directories stays small.
    private void Hand(FlattenedDirectory directory)
    {
        if (_files < FilesBeforeWorkers)
        {
            Fill(directory);
            return;
        }
        if (Interlocked.Decrement(ref _spareWorkers) < 0)
        {
            Interlocked.Increment(ref _spareWorkers);
            Fill(directory);
            return;
        }
        _running.AddCount();
        _ = Task.Run(
            () =>
            {
                try
                {
                    Fill(directory);
                }
                finally
                {
                    Interlocked.Increment(ref _spareWorkers);
                    _running.Signal();
                }
            },
            CancellationToken.None);
    }

    private void Finish(FlattenedDirectory directory)
    {
        using (directory)
        {
            if (_failure is not null)
            {
                return;
            }
            try
            {
                SafeFileHandle top = directory.Source.Top.Handle;
                if (directory.HasWhiteouts)
                {
                    LayerCanonicalizer.MarkWhiteouts(directory.Target);
                }
                if (directory.Source.IsClosed && !(directory.Parent?.Source.IsClosed ?? _isBottom))
                {
                    Files.SetAttribute(directory.Target, ".", TreeAttributes.Opaque, "y"u8);
                }
                if (_isRoot && directory.Parent is null)
                {
                    LayerRoot.Copy(LayerRoot.Of(directory.Source).Handle, directory.Target);
                    return;
                }
                FileCopy.CopyAttributes(top, directory.Target);
                RootedTree.Apply(directory.Target, FileChange.AllOf(Files.Status(top)));
            }
#pragma warning disable CA1031 // As in Fill.
            catch (Exception e)
#pragma warning restore CA1031
            {
                Fail(e);
            }
        }
    }

    private void Fail(Exception e)
    {
        if (Interlocked.CompareExchange(ref _failure, e, null) is null)
        {
            _stop.Cancel();
        }
    }
}
