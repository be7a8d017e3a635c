namespace Cairn.Client.Building;

/// <summary>What a build that ended well has to say.</summary>
/// <param name="Response">What exporters, caches and frontend told, by key: <c>containerimage.digest</c>, ….</param>
public sealed record BuildOutcome(IReadOnlyDictionary<string, string> Response);
