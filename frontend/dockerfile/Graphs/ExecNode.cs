using Cairn.Llb;
using Pb = Cairn.Protos.Pb;

namespace Cairn.Frontend.Dockerfile.Graphs;

/// <summary>A command run on a tree.</summary>
internal sealed class ExecNode : GraphNode
{
    private readonly Pb.ExecOp _exec;
    private readonly Platform _platform;
    private readonly List<ExecMount> _mounts;   // trees, caches and tmpfs, sorted by target
    private readonly IReadOnlyList<ExecMount> _deliveries;   // secrets and agents, behind the others

    /// <param name="exec">Everything but the mounts.</param>
    /// <param name="platform">What the command runs on.</param>
    /// <param name="root">The tree, null for scratch.</param>
    /// <param name="mounts">Mounts of trees, caches and tmpfs in any order.</param>
    /// <param name="deliveries">Secrets and agent sockets.</param>
    /// <param name="notes">Name, place and the like.</param>
    public ExecNode(
        Pb.ExecOp exec, Platform platform, GraphEdge? root, IReadOnlyList<ExecMount> mounts, IReadOnlyList<ExecMount> deliveries, NodeNotes notes)
        : base(notes)
    {
        _exec = exec;
        _platform = platform;
        _mounts = [.. mounts.Prepend(new ExecMount(new Pb.Mount { Dest = "/" }, root)).OrderBy(m => m.Mount.Dest, StringComparer.Ordinal)];
        _deliveries = deliveries;
    }

    public override IReadOnlyList<GraphEdge> Inputs => [.. _mounts.Select(m => m.Tree).OfType<GraphEdge>().Distinct()];

    public override Pb.OpMetadata BuildMetadata() => Notes.ToMetadata(Capabilities());

    protected override Pb.Op BuildOp(Func<GraphNode, string> digestOf)
    {
        IReadOnlyList<GraphEdge> inputs = Inputs;
        Pb.ExecOp exec = _exec.Clone();
        foreach (ExecMount mount in _mounts)
        {
            Pb.Mount message = mount.Mount.Clone();
            message.Input = mount.Tree is null ? -1 : inputs.Index().First(i => i.Item == mount.Tree).Index;
            message.Output = message.Dest == "/" ? 0 : -1;
            exec.Mounts.Add(message);
        }
        foreach (ExecMount delivery in _deliveries)
        {
            Pb.Mount message = delivery.Mount.Clone();
            message.Input = -1;   // the output stays 0: that is what the reference client sends
            exec.Mounts.Add(message);
        }
        var op = new Pb.Op { Exec = exec, Platform = _platform.ToMessage(), Constraints = new Pb.WorkerConstraints() };
        op.Inputs.Add(inputs.Select(edge => Input(edge, digestOf)));
        return op;
    }

    private SortedSet<string> Capabilities()
    {
        var capabilities = new SortedSet<string>(StringComparer.Ordinal) { "exec.meta.base", "exec.meta.setsdefaultpath" };
        void AddWhen(bool condition, params ReadOnlySpan<string> names)
        {
            foreach (string name in condition ? names : [])
            {
                capabilities.Add(name);
            }
        }

        AddWhen(_exec.Meta.ProxyEnv is not null, "exec.meta.proxyenv");
        AddWhen(_exec.Meta.Ulimit.Count > 0, "exec.meta.ulimit");
        AddWhen(_exec.Network != Pb.NetMode.Unset, "exec.meta.network");
        AddWhen(_exec.Security != Pb.SecurityMode.Sandbox, "exec.meta.security");
        AddWhen(_exec.Secretenv.Count > 0, "exec.secretenv");
        AddWhen(Notes.Resources is not null, "exec.meta.linux.resources");
        foreach (ExecMount mount in _mounts.Concat(_deliveries))
        {
            Pb.Mount message = mount.Mount;
            AddWhen(message.Selector.Length > 0, "exec.mount.selector");
            AddWhen(message.MountType == Pb.MountType.Cache, "exec.mount.cache", "exec.mount.cache.sharing");
            AddWhen(message.MountType == Pb.MountType.Tmpfs, "exec.mount.tmpfs");
            AddWhen(message.TmpfsOpt?.Size > 0, "exec.mount.tmpfs.size");
            AddWhen(message.MountType == Pb.MountType.Bind && mount.Tree is not null, "exec.mount.bind");
            AddWhen(message.MountType == Pb.MountType.Secret, "exec.mount.secret");
            AddWhen(message.MountType == Pb.MountType.Ssh, "exec.mount.ssh");
        }
        return capabilities;
    }
}
