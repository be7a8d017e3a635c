using Cairn.Protos.Pb;

namespace Cairn.Llb.Graphs;

/// <summary>What an op leaves.</summary>
internal static class OpOutputs
{
    /// <summary>How many outputs an op has that was found valid.</summary>
    public static int Count(Op op) => op.OpCase switch
    {
        Op.OpOneofCase.Exec => op.Exec.Mounts.Count(HasOutput),
        Op.OpOneofCase.File => op.File.Actions.Count(action => action.Output >= 0),
        Op.OpOneofCase.Passthrough => op.Passthrough.Outputs.Count,
        _ => 1,
    };

    /// <summary>Secrets and sockets carry an output number by accident of the reference client; it means nothing.</summary>
    public static bool HasOutput(Mount mount) => mount.Output >= 0 && mount.MountType is not (MountType.Secret or MountType.Ssh);
}
