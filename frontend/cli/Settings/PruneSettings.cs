namespace Cairn.Cli.Settings;

/// <summary>What `cairn prune` was asked for; sizes in bytes.</summary>
internal sealed record PruneSettings(
    string? Root, bool All, bool Force, TimeSpan? KeepDuration, long? MaxUsedSpace, long? ReservedSpace, long? MinFreeSpace,
    bool History);
