namespace Cairn.Client.Building;

/// <summary>Where cache of earlier builds comes from, or goes to.</summary>
/// <param name="Type"><c>registry</c>, <c>local</c>, <c>inline</c>, …; for <c>local</c>, the directories of this machine are found and served.</param>
/// <param name="Attributes">As the daemon takes them: <c>ref</c>, <c>src</c>, <c>dest</c>, <c>mode</c>, ….</param>
public sealed record CacheLocation(string Type, IReadOnlyDictionary<string, string> Attributes);
