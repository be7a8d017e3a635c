using Cairn.Llb.Graphs;
using Cairn.Solver.History;

namespace Cairn.Solver.Debugging;

/// <summary>A step that failed and whose files are kept.</summary>
public sealed class FailedStep
{
    internal FailedStep(BuildId build, Vertex vertex, IReadOnlyList<KeptMount> mounts)
    {
        Build = build;
        Vertex = vertex;
        Mounts = mounts;
    }

    /// <summary>The build.</summary>
    public BuildId Build { get; }

    /// <summary>Name of the step.</summary>
    public string Name => Vertex.Name;

    /// <summary>The command that failed, its arguments joined.</summary>
    public string Command => string.Join(' ', Vertex.Op.Exec.Meta.Args);

    /// <summary>What a shell will not see, in words: secrets and agents are never kept.</summary>
    public IReadOnlyList<string> Missing =>
    [
        .. Vertex.Op.Exec.Mounts.Where(static mount => mount.MountType == Protos.Pb.MountType.Secret).Select(static mount => $"secret {mount.SecretOpt.ID} at {mount.Dest}"),
        .. Vertex.Op.Exec.Secretenv.Select(static env => $"secret {env.ID} in ${env.Name}"),
        .. Vertex.Op.Exec.Mounts.Where(static mount => mount.MountType == Protos.Pb.MountType.Ssh).Select(static mount => $"SSH agent at {mount.Dest}"),
    ];

    internal Vertex Vertex { get; }

    internal IReadOnlyList<KeptMount> Mounts { get; }
}
