namespace Cairn.Frontend.Dockerfile.Images;

/// <summary>One step in the history of an image.</summary>
/// <param name="CreatedBy">The step in words.</param>
/// <param name="Created">RFC 3339 time, or null: the exporter fills it in.</param>
/// <param name="IsEmptyLayer">The step made no layer.</param>
internal sealed record HistoryEntry(string? CreatedBy, string? Created, bool IsEmptyLayer)
{
    public string? Author { get; init; }
    public string? Comment { get; init; }
}
