namespace Cairn.Solver;

/// <summary>What a build leaves to say when it has ended well.</summary>
/// <param name="Response">Entries of all exporters (<c>containerimage.digest</c> …) and of the frontend (<c>frontend.*</c>).</param>
/// <param name="Metadata">What the frontend said of the result (image configs, subrequest results).</param>
public sealed record BuildResult(IReadOnlyDictionary<string, string> Response, IReadOnlyDictionary<string, byte[]> Metadata);
