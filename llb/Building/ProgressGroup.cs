namespace Cairn.Llb.Building;

/// <summary>Vertices that clients show as one line.</summary>
/// <param name="Id">Equal for all members.</param>
/// <param name="Name">The line's text.</param>
/// <param name="IsWeak">This member alone does not make the group visible.</param>
public sealed record ProgressGroup(string Id, string Name, bool IsWeak = false);
