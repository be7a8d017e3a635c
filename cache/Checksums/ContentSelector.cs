namespace Cairn.Cache.Checksums;

/// <summary>Selects part of a tree for a content digest.</summary>
/// <param name="Path">Absolute in the tree, or relative to its root.</param>
/// <param name="FollowLinks">Whether the last part is followed when it is a symbolic link; links in parents always are.</param>
/// <param name="Wildcard">Whether the path is a pattern for whole paths.</param>
/// <param name="Include">Patterns relative to the path or to what the wildcard matched; empty takes everything.</param>
/// <param name="Exclude">Patterns of what is left out.</param>
/// <param name="Required">Absolute paths of which something must be selected.</param>
/// <remarks>Source: llb-semantics, section 5.</remarks>
public sealed record ContentSelector(
    string Path, bool FollowLinks, bool Wildcard, IReadOnlyList<string> Include, IReadOnlyList<string> Exclude, IReadOnlyList<string> Required)
{
    /// <summary>One path with everything below it.</summary>
    public ContentSelector(string path, bool followLinks)
        : this(path, followLinks, false, [], [], [])
    {
    }

    internal bool IsPlain => !Wildcard && Include.Count == 0 && Exclude.Count == 0;
}
