namespace Cairn.Solver;

/// <summary>A cache elsewhere that a frontend asks to be used.</summary>
/// <param name="Type">Kind of the cache: <c>registry</c>, <c>local</c> …</param>
/// <param name="Attributes">What the kind needs to know.</param>
public sealed record CacheImport(string Type, IReadOnlyDictionary<string, string> Attributes);
