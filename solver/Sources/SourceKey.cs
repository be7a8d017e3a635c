namespace Cairn.Solver.Sources;

/// <summary>What decides whether an earlier result of a source may be used.</summary>
/// <param name="Key">Text; a key that begins with <c>session:</c> counts for this session only.</param>
/// <param name="Pin">What the source was resolved to (manifest digest, commit); null if nothing.</param>
/// <param name="HasMore">There is a key of the next index.</param>
/// <remarks>Source: llb-semantics.md, section 6.</remarks>
public sealed record SourceKey(string Key, string? Pin, bool HasMore);
