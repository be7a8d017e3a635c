namespace Cairn.Frontend.Dockerfile;

/// <summary>What a Dockerfile came to.</summary>
/// <param name="Platforms">One result for each platform, in the order asked for.</param>
/// <param name="Metadata">For exporters: <c>source.date.epoch</c>, decimal seconds, when it was given.</param>
/// <param name="IsMultiPlatform">An index is wanted, even for one platform.</param>
public sealed record FrontendResult(
    IReadOnlyList<PlatformResult> Platforms, IReadOnlyDictionary<string, byte[]> Metadata, bool IsMultiPlatform);
