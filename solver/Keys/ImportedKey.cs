using Cairn.Llb;

namespace Cairn.Solver.Keys;

/// <summary>A key of an imported cache.</summary>
/// <param name="Digest">SHA-256 of <c>digest@output</c>: of a vertex's cache map, or of content with output -1.</param>
/// <param name="Inputs">By input, the keys any of which may stand there; empty for a vertex without inputs, and for content.</param>
/// <param name="Results">Results, the preferred one first.</param>
/// <remarks>Source: control-and-status.md, section 15.</remarks>
public sealed record ImportedKey(
    Digest Digest, IReadOnlyList<IReadOnlyList<KeyAlternative>> Inputs, IReadOnlyList<ImportedResult> Results);
