namespace Cairn.Cli.Settings;

/// <summary>What `cairn debug graph` was asked for.</summary>
/// <param name="Root">The store; null for the default.</param>
/// <param name="Json">JSON instead of text.</param>
internal sealed record GraphSettings(string? Root, bool Json);
