using Cairn.Protos.Pb;

namespace Cairn.Llb.Building;

/// <summary>What can be said of any operation; apart from platform and filters it does not enter the digest.</summary>
public sealed record VertexOptions
{
    /// <summary>Key of the description that holds the display name.</summary>
    public const string CustomNameKey = "llb.customname";

    /// <summary>Nothing said.</summary>
    public static VertexOptions None { get; } = new();

    /// <summary>Platform; null for that of the state, and failing that of <see cref="MarshalOptions"/>.</summary>
    public Platform? Platform { get; init; }

    /// <summary>Filters over the labels of workers.</summary>
    public IReadOnlyList<string> WorkerFilters { get; init; } = [];

    /// <summary>Do not use cached results.</summary>
    public bool IgnoreCache { get; init; }

    /// <summary>The display name; null for the one made from the operation.</summary>
    public string? CustomName { get; init; }

    /// <summary>Free texts by key.</summary>
    public IReadOnlyDictionary<string, string> Description { get; init; } = new Dictionary<string, string>();

    /// <summary>Forces (true) or forbids (false) the export of the cache record; null leaves it to the exporter.</summary>
    public bool? ExportCache { get; init; }

    /// <summary>The line of progress that this belongs to.</summary>
    public ProgressGroup? ProgressGroup { get; init; }

    /// <summary>Limits for the container of a run; memory in bytes, periods in microseconds.</summary>
    public LinuxResources? LinuxResources { get; init; }

    /// <summary>Where it was written.</summary>
    public IReadOnlyList<SourceMark> Marks { get; init; } = [];

    /// <summary>A display name and nothing else.</summary>
    public static VertexOptions Named(string customName) => new() { CustomName = customName };

    internal OpMetadata ToMetadata()
    {
        var metadata = new OpMetadata { IgnoreCache = IgnoreCache, LinuxResources = LinuxResources?.Clone() };
        foreach ((string key, string value) in Description)
        {
            metadata.Description[key] = value;
        }

        if (CustomName is not null)
        {
            metadata.Description[CustomNameKey] = CustomName;
        }

        if (ExportCache is { } export)
        {
            metadata.ExportCache = new ExportCache { Value = export };
        }

        if (ProgressGroup is { } group)
        {
            metadata.ProgressGroup = new Protos.Pb.ProgressGroup { Id = group.Id, Name = group.Name, Weak = group.IsWeak };
        }

        return metadata;
    }
}
