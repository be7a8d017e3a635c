namespace Cairn.Llb.Building;

/// <summary>Where an OCI layout is found.</summary>
public sealed record OciLayoutOptions
{
    /// <summary>Session that serves the layout; null for any of the build.</summary>
    public string? SessionId { get; init; }

    /// <summary>Name of the store that the session offers.</summary>
    public string? StoreId { get; init; }

    /// <summary>Use only the lowest layers, this many; null for all.</summary>
    public int? LayerLimit { get; init; }
}
