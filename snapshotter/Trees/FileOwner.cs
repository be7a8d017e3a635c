namespace Cairn.Snapshotter.Trees;

/// <summary>Owner and group of a file.</summary>
/// <param name="Uid">User id.</param>
/// <param name="Gid">Group id.</param>
public readonly record struct FileOwner(uint Uid, uint Gid)
{
    /// <summary>User 0, group 0.</summary>
    public static FileOwner Root => default;
}
