using System.Runtime.ExceptionServices;
using Cairn.Snapshotter.Layers;

namespace Cairn.Cache.Refs;

/// <summary>A writable tree on top of a ref. Committing turns it into a ref; disposing it throws the changes away.</summary>
public sealed class MutableRef : IDisposable
{
    private readonly RefStore _store;
    private readonly ImmutableRef? _parent;   // owned
    private ActiveSnapshot? _snapshot;

    internal MutableRef(RefStore store, ImmutableRef? parent, ActiveSnapshot snapshot)
    {
        _store = store;
        _parent = parent;
        _snapshot = snapshot;
    }

    /// <summary>The tree to write to.</summary>
    public ActiveSnapshot Tree => _snapshot ?? throw new ObjectDisposedException(nameof(MutableRef));

    /// <summary>The ref below, or null on scratch; not a claim.</summary>
    public ImmutableRef? Parent => _parent;

    /// <summary>Ends writing and makes the changes one more layer on the parent.</summary>
    /// <param name="description">What a person sees of it.</param>
    /// <param name="cancellationToken">Stops before the end; the changes are lost then.</param>
    /// <returns>
    /// The ref. Its rows are written by the next <see cref="BuildCache.Save"/> that names it, in one transaction with its key, or
    /// as soon as something needs it.
    /// </returns>
    public async Task<ImmutableRef> CommitAsync(RefDescription description, CancellationToken cancellationToken)
    {
        ActiveSnapshot snapshot = Interlocked.Exchange(ref _snapshot, null) ?? throw new ObjectDisposedException(nameof(MutableRef));
        try
        {
            StagedLayer layer = await Task.Run(() => snapshot.Freeze(cancellationToken), cancellationToken);
            return _store.Adopt(layer, _parent, description);
        }
        finally
        {
            snapshot.Dispose();
            _parent?.Dispose();
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        ExceptionDispatchInfo? failure = null;
        try
        {
            Interlocked.Exchange(ref _snapshot, null)?.Dispose();
        }
        catch (Exception e)
        {
            failure = ExceptionDispatchInfo.Capture(e);
        }
        _parent?.Dispose();
        failure?.Throw();
    }
}
