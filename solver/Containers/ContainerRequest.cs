using Cairn.Protos.Pb;
using Platform = Cairn.Llb.Platform;

namespace Cairn.Solver.Containers;

/// <summary>A container that somebody wants to run processes in.</summary>
public sealed record ContainerRequest
{
    /// <summary>Its mounts; one of them is the root.</summary>
    public required IReadOnlyList<ContainerMount> Mounts { get; init; }

    /// <summary>Its network.</summary>
    public NetMode Network { get; init; }

    /// <summary>What its programs are made for; null is the platform of this machine.</summary>
    public Platform? Platform { get; init; }

    /// <summary>More lines for <c>/etc/hosts</c>.</summary>
    public IReadOnlyList<HostIP> ExtraHosts { get; init; } = [];

    /// <summary>Name of the machine as processes see it; empty is the usual one.</summary>
    public string HostName { get; init; } = "";
}
