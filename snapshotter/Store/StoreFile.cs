namespace Cairn.Snapshotter.Store;

/// <summary>An entry of an area.</summary>
/// <param name="Area">Directory of the area, relative to the root.</param>
/// <param name="Name">Name of the entry.</param>
public readonly record struct StoreFile(string Area, string Name);
