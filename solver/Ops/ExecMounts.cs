using Cairn.Cache.Refs;
using Cairn.Llb;
using Cairn.Protos.Pb;
using Cairn.Snapshotter.Layers;
using Cairn.Snapshotter.Trees;
using Cairn.Solver.Execution;

namespace Cairn.Solver.Ops;

/// <summary>The mounts of one exec op, while it runs. Disposing it unmounts everything and throws away what was not committed.</summary>
/// <remarks>Source: llb-semantics.md, section 7.2.</remarks>
internal sealed partial class ExecMounts(OpContext context, ExecOp exec, IReadOnlyList<ImmutableRef?> inputs) : IDisposable
{
    private readonly Stack<IDisposable> _open = [];   // given up in reverse order
    private readonly Dictionary<Mount, MutableRef> _written = [];
    private readonly Dictionary<int, SnapshotView> _views = [];   // by input
    private readonly Dictionary<string, CacheMountLease> _caches = new(StringComparer.Ordinal);   // by name
    private readonly List<ExecMount> _mounts = [];

    /// <summary>Where the root is on this host.</summary>
    public string RootPath { get; private set; } = "";

    /// <summary>The process may not write to its root.</summary>
    public bool IsReadOnlyRoot { get; private set; }

    /// <summary>All mounts but the root.</summary>
    public IReadOnlyList<ExecMount> Mounts => _mounts;

    private string Description => string.Join(' ', exec.Meta.Args);

    /// <summary>Prepares and attaches everything.</summary>
    /// <exception cref="BuildException">A secret, an agent or a selected path is missing, or a mount failed.</exception>
    public async Task OpenAsync(CancellationToken cancellationToken)
    {
        await OpenCachesAsync(cancellationToken);
        foreach (Mount mount in exec.Mounts.OrderBy(mount => Destination(mount), StringComparer.Ordinal))
        {
            switch (mount.MountType)
            {
                case MountType.Bind:
                    await OpenBindAsync(mount, cancellationToken);
                    break;
                case MountType.Cache:
                    _mounts.Add(Select(mount, _caches[CacheName(mount)].Directory));
                    break;
                case MountType.Tmpfs:
                    _mounts.Add(new TmpfsMount(Destination(mount), mount.TmpfsOpt?.Size ?? 0, mount.Readonly));
                    break;
                case MountType.Secret:
                    await OpenSecretAsync(mount, cancellationToken);
                    break;
                case MountType.Ssh:
                    await OpenSshAsync(mount, cancellationToken);
                    break;
                default:
                    throw new BuildException(ErrorKind.Input, "mount", mount.Dest, $"mount type {(int)mount.MountType} is not known");
            }
        }
    }

    /// <summary>Turns what was written into refs; the process must have ended.</summary>
    /// <returns>One per mount that has an output, in the order of the op; owned by the caller.</returns>
    public async Task<IReadOnlyList<ImmutableRef?>> CommitAsync(CancellationToken cancellationToken)
    {
        List<ImmutableRef?> results = [];
        try
        {
            foreach (Mount mount in exec.Mounts.Where(HasOutput))
            {
                if (_written.Remove(mount, out MutableRef? written))
                {
                    var description = new RefDescription($"mount {mount.Dest} from exec {Description}");
                    results.Add(await written.CommitAsync(description, cancellationToken));
                }
                else
                {
                    results.Add(Input(mount)?.Clone());
                }
            }

            return results;
        }
        catch
        {
            results.ForEach(result => result?.Dispose());
            throw;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        while (_open.TryPop(out IDisposable? open))
        {
            open.Dispose();
        }
    }

    // Secrets and agents have an output on the wire that means nothing.
    private static bool HasOutput(Mount mount) => mount.Output >= 0 && mount.MountType is not (MountType.Secret or MountType.Ssh);

    private string Destination(Mount mount) => ExecPaths.Destination(exec.Meta, mount);

    private ImmutableRef? Input(Mount mount) => mount.Input >= 0 ? inputs[(int)mount.Input] : null;

    private T Open<T>(T resource)
        where T : IDisposable
    {
        _open.Push(resource);
        return resource;
    }

    private async Task OpenBindAsync(Mount mount, CancellationToken cancellationToken)
    {
        bool isRoot = Destination(mount) == TreePath.Root;
        MountedTree tree;
        if (mount.Readonly && mount.Input >= 0 && !isRoot)
        {
            tree = await ViewAsync((int)mount.Input, cancellationToken);
        }
        else
        {
            MutableRef written = Open(await context.Cache.Refs.PrepareAsync(Input(mount), context.Refs, cancellationToken));
            if (HasOutput(mount))
            {
                _written.Add(mount, written);
            }

            tree = written.Tree;
        }

        if (isRoot)
        {
            RootPath = tree.Attach();
            IsReadOnlyRoot = mount.Readonly;
            return;
        }

        _mounts.Add(Select(mount, tree.Attach()));
    }

    private async Task<SnapshotView> ViewAsync(int input, CancellationToken cancellationToken)
    {
        if (!_views.TryGetValue(input, out SnapshotView? view))
        {
            view = Open(inputs[input] is ImmutableRef tree
                ? await tree.ViewAsync(context.Refs, cancellationToken)
                : context.Services.Snapshotter.View([]));
            _views.Add(input, view);
        }

        return view;
    }

    /// <summary>The selected part of a directory; links in the selector do not lead out of it.</summary>
    private BindMount Select(Mount mount, string directory)
    {
        using RootedTree tree = RootedTree.Open(directory);
        string selected = tree.Resolve(ExecPaths.Selector(mount), followLast: true);
        FileStatus status = tree.Status(selected, followLinks: false) ?? throw new BuildException(
            ErrorKind.Input, "mount", mount.Dest, $"{QuotedText.Quote(ExecPaths.Selector(mount))}: not found");
        return new BindMount(Destination(mount), selected == TreePath.Root ? directory : directory + selected)
        {
            ReadOnly = mount.Readonly,
            IsFile = !status.IsDirectory,
        };
    }
}
