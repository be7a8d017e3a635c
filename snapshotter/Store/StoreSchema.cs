namespace Cairn.Snapshotter.Store;

/// <summary>The tables of one room. Each migration runs once per store, in order, in a write transaction at open.</summary>
/// <param name="Room">Name of the room that owns the tables.</param>
/// <param name="Migrations">SQL of each version; only ever appended to.</param>
public sealed record StoreSchema(string Room, IReadOnlyList<string> Migrations);
