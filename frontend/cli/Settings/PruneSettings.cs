namespace Cairn.Cli.Settings;

/// <summary>What `cairn prune` was asked for; sizes in bytes.</summary>
internal sealed record PruneSettings(
    string? Root, IReadOnlyList<string> AdditionalStores, bool All, bool Force, TimeSpan? KeepDuration, long? MaxUsedSpace, long? ReservedSpace,
    long? MinFreeSpace, bool History)
{
    /// <summary>The daemon whose store it is; null for a store of this machine.</summary>
    public string? Address { get; init; }
}
