namespace Cairn.Cli.Settings;

/// <summary>What `cairn history` was asked for.</summary>
/// <param name="Root">The store; null for the default.</param>
/// <param name="Action">The subcommand.</param>
/// <param name="Builds">As typed; none is the newest, or all of a list.</param>
/// <param name="Step">Part of a step's name; null for all steps.</param>
/// <param name="Json">JSON instead of a table.</param>
/// <param name="All">Every build.</param>
/// <param name="Output">A file, "-", or null.</param>
/// <param name="AdditionalStores">Other stores to look into.</param>
internal sealed record HistorySettings(
    string? Root, HistoryAction Action, IReadOnlyList<string> Builds, string? Step, bool Json, bool All, string? Output, IReadOnlyList<string> AdditionalStores)
{
    /// <summary>The daemon whose builds they are; null for those of a store of this machine.</summary>
    public string? Address { get; init; }
}
