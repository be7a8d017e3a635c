namespace Cairn.Cli.Settings;

/// <summary>What `cairn du` was asked for.</summary>
internal sealed record DiskUsageSettings(string? Root, IReadOnlyList<string> AdditionalStores, bool Verbose, bool Json);
