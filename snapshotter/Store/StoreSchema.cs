namespace Cairn.Snapshotter.Store;

/// <summary>The tables of one room. Each migration runs once per store, in order, in a write transaction at open.</summary>
/// <param name="Room">Name of the room that owns the tables.</param>
/// <param name="Migrations">SQL of each version; only ever appended to.</param>
public sealed record StoreSchema(string Room, IReadOnlyList<string> Migrations)
{
    /// <summary>Directories whose entries the room's rows name.</summary>
    public IReadOnlyList<StoreArea> Areas { get; init; } = [];

    /// <summary>
    /// Removes the room's rows that stand on files which a power cut has taken, with everything that depends on them. The files themselves
    /// are moved to the trash by the store. May be null.
    /// </summary>
    public Action<StoreRoot, WriteTransaction, IReadOnlyCollection<StoreFile>>? Drop { get; init; }
}
