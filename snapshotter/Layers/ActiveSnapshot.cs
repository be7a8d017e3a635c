using Cairn.Llb;
using Cairn.Snapshotter.Store;
using Cairn.Snapshotter.Trees;

namespace Cairn.Snapshotter.Layers;

/// <summary>A writable tree over some layers. It becomes one more layer, or nothing.</summary>
public sealed class ActiveSnapshot : MountedTree
{
    private readonly StagingDirectory _staging;
    private readonly Func<StagingDirectory, CancellationToken, StagedLayer> _freeze;
    private bool _frozen;

    internal ActiveSnapshot(
        StoreRoot store, RootedTree tree, UsedLayers used, StagingDirectory staging, string? directory, string? upperDirectory,
        Func<StagingDirectory, CancellationToken, StagedLayer> freeze)
        : base(store, tree, used, directory)
    {
        _staging = staging;
        _freeze = freeze;
        UpperDirectory = upperDirectory;
    }

    /// <summary>
    /// With the overlay driver, the directory that takes the changes. What is put there directly must not have been looked up through
    /// <see cref="MountedTree.Tree"/> before; null with the native driver.
    /// </summary>
    public string? UpperDirectory { get; }

    /// <inheritdoc/>
    /// <exception cref="BuildException">Files of the tree are links to a layer's; a program would write into those.</exception>
    public override string Attach() => Tree.Shares is { Any: true }
        ? throw new BuildException(
            ErrorKind.Internal, "attach", "snapshot", "it has files in common with a layer; freeze it and prepare another on top")
        : base.Attach();

    /// <summary>
    /// Ends writing: unmounts and brings the changes into canonical form. No opaque marks, a whiteout for exactly each name that is gone
    /// from the layers below, and no entry that equals what is below it.
    /// </summary>
    /// <returns>The changes; they belong to the caller, and this object has nothing left but to be disposed.</returns>
    public StagedLayer Freeze(CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(_frozen, this);
        cancellationToken.ThrowIfCancellationRequested();
        Close();
        StagedLayer layer = _freeze(_staging, cancellationToken);
        _frozen = true;
        return layer;
    }

    private protected override void Discard()
    {
        if (!_frozen)
        {
            _staging.Dispose();
        }
    }
}
