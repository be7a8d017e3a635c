namespace Cairn.Cli.Settings;

/// <summary>What `cairn explain` was asked for.</summary>
/// <param name="Root">The store; null for the default.</param>
/// <param name="Build">As typed; null is the newest.</param>
/// <param name="Step">Part of a step's name or its digest; null is every step that was carried out.</param>
/// <param name="Json">JSON, one explanation a line.</param>
/// <param name="AdditionalStores">Other stores to look into.</param>
internal sealed record ExplainSettings(string? Root, string? Build, string? Step, bool Json, IReadOnlyList<string> AdditionalStores);
