using Cairn.Llb;

namespace Cairn.Solver.Keys;

/// <summary>One key in a chain.</summary>
/// <param name="Digest">SHA-256 of <c>digest@output</c>: of a vertex's cache map, or of content with output -1.</param>
/// <param name="Inputs">By input, at least one key that may stand there; no inputs for a source, and for content.</param>
/// <param name="Results">
/// What may be exported as its result, the preferred one first. None where the definition forbids it, and for sources and content unless it demands it.
/// Records that are alternatives of each other have the same results.
/// </param>
public sealed record ChainRecord(
    Digest Digest, IReadOnlyList<IReadOnlyList<KeyAlternative>> Inputs, IReadOnlyList<ChainResult> Results)
{
    /// <summary>Blobs are made for its result; otherwise only such are exported as there are.</summary>
    public bool MakesBlobs { get; init; }

    /// <summary>What the definition says of exporting it (<c>export_cache</c>); null for nothing.</summary>
    public bool? ExportHint { get; init; }

    /// <summary>Its result was made by this build, or one at the same time; false for what was found.</summary>
    public bool IsMade { get; init; }
}
