namespace Cairn.Client.Sessions;

/// <summary>A directory of this machine that the daemon may read.</summary>
/// <param name="Path">Where it is.</param>
public sealed record LocalDirectory(string Path)
{
    /// <summary>Files keep their owners; else all become 0:0, so that a build does not depend on who runs it.</summary>
    public bool KeepOwners { get; init; }
}
