namespace Cairn.Llb.Building;

/// <summary>How a state becomes a definition.</summary>
public sealed record MarshalOptions
{
    /// <summary>Platform of operations that name none; null for this machine's.</summary>
    public Platform? Platform { get; init; }

    /// <summary>Options for every operation, below its own.</summary>
    public VertexOptions Defaults { get; init; } = VertexOptions.None;

    /// <summary>Capabilities of the daemon; null when they are not known, then nothing is assumed.</summary>
    public IReadOnlySet<string>? Capabilities { get; init; }

    /// <summary>Put on local sources without a session, so that definitions of different clients differ; null for a random one.</summary>
    public string? LocalUniqueId { get; init; }
}
