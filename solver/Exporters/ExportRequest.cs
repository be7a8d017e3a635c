using Cairn.Cache;
using Cairn.Cache.Refs;
using Cairn.Solver.Progress;
using Cairn.Solver.Sessions;

namespace Cairn.Solver.Exporters;

/// <summary>What an exporter works with.</summary>
public sealed record ExportRequest
{
    /// <summary>Index of the export in the build's request; names its file or directory in <see cref="IExportTarget"/>.</summary>
    public required int Index { get; init; }

    /// <summary>One for each platform, in the order of the result; one without a platform's id if the result is not divided.</summary>
    public required IReadOnlyList<ExportPlatform> Platforms { get; init; }

    /// <summary>The result is a map by platform, even if it has only one: an index is made.</summary>
    public required bool IsMultiPlatform { get; init; }

    /// <summary>What the frontend says of the result; keys as in gateway.md, section 6.</summary>
    public required IReadOnlyDictionary<string, byte[]> Metadata { get; init; }

    /// <summary>Times later than this are set to it; null leaves them.</summary>
    public required DateTimeOffset? SourceDateEpoch { get; init; }

    /// <summary>Writes the keys that travel in an image, by its platform and the layers it gets; null if they are not wanted.</summary>
    public Func<ExportPlatform, IReadOnlyList<LayerBlob>, CancellationToken, Task<byte[]?>>? InlineCache { get; init; }

    /// <summary>The client.</summary>
    public required ISession Session { get; init; }

    /// <summary>The cache of the store.</summary>
    public required BuildCache Cache { get; init; }

    /// <summary>Shown under the exporter's vertex.</summary>
    public required IVertexProgress Progress { get; init; }

    /// <summary>Fetches what is lazy.</summary>
    public required RefContext Refs { get; init; }

    /// <summary>The rest of the engine.</summary>
    public required SolverServices Services { get; init; }
}
