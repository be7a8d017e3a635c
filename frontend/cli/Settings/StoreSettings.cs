namespace Cairn.Cli.Settings;

/// <summary>What `cairn store verify` or `cairn store repair` was asked for.</summary>
internal sealed record StoreSettings(string? Root, bool Json);
