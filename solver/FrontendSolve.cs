namespace Cairn.Solver;

/// <summary>The result of a frontend.</summary>
/// <param name="Platforms">One ref for each platform; exactly one, without an id, if the result is not divided.</param>
/// <param name="IsMultiPlatform">The result is a map by platform, even if it has only one.</param>
/// <param name="Metadata">Image configs and more; keys as in gateway.md, section 6.</param>
public sealed record FrontendSolve(
    IReadOnlyList<PlatformRef> Platforms, bool IsMultiPlatform, IReadOnlyDictionary<string, byte[]> Metadata);
