namespace Cairn.Cache.Verification;

/// <summary>How far a check has come.</summary>
/// <param name="What"><c>blobs</c>, <c>layers</c>, <c>rows</c>.</param>
/// <param name="Done">Things that are done.</param>
/// <param name="Total">Things in all.</param>
public sealed record CheckProgress(string What, int Done, int Total);
