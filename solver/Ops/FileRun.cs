using Cairn.Cache.Refs;
using Cairn.Protos.Pb;
using Cairn.Snapshotter.Layers;
using Cairn.Snapshotter.Trees;
using Cairn.Solver.Execution;

namespace Cairn.Solver.Ops;

/// <summary>One run of a file op: holds the trees that are being written and those that are read.</summary>
internal sealed partial class FileRun(OpContext context, FilePlan plan, IReadOnlyList<ImmutableRef?> inputs) : IDisposable
{
    private readonly Dictionary<int, MutableRef> _written = [];            // by action whose result is carried on
    private readonly Dictionary<int, ImmutableRef> _results = [];          // by action
    private readonly Dictionary<long, SnapshotView> _views = [];           // by index

    /// <summary>Runs the actions.</summary>
    /// <returns>One per output, owned by the caller.</returns>
    /// <exception cref="Cairn.Llb.BuildException">An action cannot be carried out; the text names the path.</exception>
    public async Task<IReadOnlyList<ImmutableRef?>> RunAsync(CancellationToken cancellationToken)
    {
        foreach (int action in plan.Order)
        {
            cancellationToken.ThrowIfCancellationRequested();
            MutableRef target = await TargetAsync(action, cancellationToken);
            try
            {
                await ApplyAsync(plan.Action(action), target.Tree.Tree, cancellationToken);
                if (plan.IsCarriedOn(action))
                {
                    _written.Add(action, target);
                }
                else
                {
                    _results.Add(action, await target.CommitAsync(new RefDescription(context.Vertex.Name), cancellationToken));
                }
            }
            catch
            {
                target.Dispose();
                throw;
            }
        }

        var outputs = new ImmutableRef?[plan.Outputs];
        foreach ((int action, ImmutableRef result) in _results)
        {
            if (plan.Action(action).Output is >= 0 and long output)
            {
                outputs[output] = result.Clone();
            }
        }

        return outputs;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (SnapshotView view in _views.Values)
        {
            view.Dispose();
        }

        foreach (MutableRef written in _written.Values)
        {
            written.Dispose();
        }

        foreach (ImmutableRef result in _results.Values)
        {
            result.Dispose();
        }
    }

    private async Task<MutableRef> TargetAsync(int action, CancellationToken cancellationToken)
    {
        long input = plan.Action(action).Input;
        return plan.TryAction(input, out int before) && _written.Remove(before, out MutableRef? carriedOn)
            ? carriedOn
            : await context.Cache.Refs.PrepareAsync(Ref(input), context.Refs, cancellationToken);
    }

    private ImmutableRef? Ref(long index) => index < 0 ? null : plan.TryAction(index, out int action) ? _results[action] : inputs[(int)index];

    private async Task<RootedTree> ViewAsync(long index, CancellationToken cancellationToken)
    {
        if (!_views.TryGetValue(index, out SnapshotView? view))
        {
            view = Ref(index) is ImmutableRef tree
                ? await tree.ViewAsync(context.Refs, cancellationToken)
                : context.Services.Snapshotter.View([]);
            _views.Add(index, view);
        }

        return view.Tree;
    }

    private async Task<FileOwner?> OwnerAsync(ChownOpt? owner, CancellationToken cancellationToken)
    {
        if (owner is null)
        {
            return null;
        }

        (uint uid, uint gid) = await UserAsync(owner.User, cancellationToken);
        if (owner.Group is UserOpt group)
        {
            gid = await GroupAsync(group, cancellationToken);
        }

        return new FileOwner(uid, gid);
    }

    private async Task<(uint Uid, uint Gid)> UserAsync(UserOpt? user, CancellationToken cancellationToken)
    {
        if (user is not { UserCase: UserOpt.UserOneofCase.ByName })
        {
            uint id = user?.ByID ?? 0;
            return (id, id);
        }

        var accounts = new AccountFiles(await ViewAsync(user.ByName.Input, cancellationToken));
        Account? account = accounts.FindUser(candidate => candidate.Name == user.ByName.Name);
        return (account?.Uid ?? 0, account?.Gid ?? 0);
    }

    private async Task<uint> GroupAsync(UserOpt group, CancellationToken cancellationToken)
    {
        if (group.UserCase != UserOpt.UserOneofCase.ByName)
        {
            return group.ByID;
        }

        var accounts = new AccountFiles(await ViewAsync(group.ByName.Input, cancellationToken));
        return accounts.Groups().FirstOrDefault(candidate => candidate.Name == group.ByName.Name)?.Gid ?? 0;
    }
}
