namespace Cairn.Cli.Settings;

/// <summary>What `cairn du` was asked for.</summary>
internal sealed record DiskUsageSettings(string? Root, IReadOnlyList<string> AdditionalStores, bool Verbose, bool Json)
{
    /// <summary>The daemon whose store it is; null for a store of this machine.</summary>
    public string? Address { get; init; }
}
