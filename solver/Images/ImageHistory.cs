namespace Cairn.Solver.Images;

/// <summary>One entry of an image's history.</summary>
/// <param name="Created">When the step was made.</param>
/// <param name="CreatedBy">The step.</param>
/// <param name="EmptyLayer">Whether the step made no layer.</param>
public sealed record ImageHistory(DateTimeOffset? Created, string? CreatedBy, bool EmptyLayer);
