namespace Cairn.Llb.Building;

/// <summary>A socket that leads to an ssh agent of the client.</summary>
public sealed record RunSshSocket
{
    /// <summary>Name of the agent; empty for the default one.</summary>
    public string Id { get; init; } = "";

    /// <summary>Path of the socket; null for <c>/run/buildkit/ssh_agent.N</c>.</summary>
    public string? Target { get; init; }

    /// <summary>Owner of the socket.</summary>
    public uint UserId { get; init; }

    /// <summary>Group of the socket.</summary>
    public uint GroupId { get; init; }

    /// <summary>Permission bits of the socket.</summary>
    public uint Mode { get; init; } = 0x180;   // 0600

    /// <summary>Run without it when the client forwards no such agent.</summary>
    public bool IsOptional { get; init; }
}
