using Cairn.Protos.Pb;
using Cairn.Solver.Exporters;
using Cairn.Solver.History;
using Cairn.Solver.Keys;
using Cairn.Solver.Remote;
using Cairn.Solver.Sessions;

namespace Cairn.Solver;

/// <summary>One build.</summary>
public sealed record BuildRequest
{
    /// <summary>Names the build; no two live builds have the same.</summary>
    public required string Id { get; init; }

    /// <summary>Names the record of the build; new for each.</summary>
    public BuildId HistoryId { get; init; } = BuildId.New();

    /// <summary>No record is kept of it: a client asks something, and builds nothing.</summary>
    public bool IsInternal { get; init; }

    /// <summary>What the build is called in the records.</summary>
    public BuildLabel Label { get; init; } = BuildLabel.None;

    /// <summary>The client.</summary>
    public required ISession Session { get; init; }

    /// <summary>What to build, if no frontend says it.</summary>
    public Definition? Definition { get; init; }

    /// <summary>Says what to build.</summary>
    public IFrontend? Frontend { get; init; }

    /// <summary>Options of the frontend.</summary>
    public IReadOnlyDictionary<string, string> FrontendOptions { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>Where the result goes; empty leaves it in the cache.</summary>
    public IReadOnlyList<ExportSpec> Exports { get; init; } = [];

    /// <summary>Caches elsewhere that are asked for what the store lacks, in this order. One that cannot be read is shown as such, and harms no build.</summary>
    public IReadOnlyList<CacheSpec> CacheImports { get; init; } = [];

    /// <summary>Places that the build's keys and results are exported to.</summary>
    public IReadOnlyList<CacheSpec> CacheExports { get; init; } = [];

    /// <summary>Caches that are asked for what the store lacks, before those of <see cref="CacheImports"/>.</summary>
    public IReadOnlyList<ICacheSource> CacheSources { get; init; } = [];

    /// <summary>Rights that the client grants: <c>network.host</c>, <c>security.insecure</c>, <c>device…</c>.</summary>
    public IReadOnlyList<string> Entitlements { get; init; } = [];
}
