namespace Cairn.Snapshotter.Locals;

/// <summary>Which part of a client's directory is wanted.</summary>
/// <param name="Include">Patterns; empty means everything.</param>
/// <param name="Exclude">Patterns in the manner of <c>.dockerignore</c>, applied after the includes.</param>
/// <param name="FollowPaths">Paths that are wanted together with whatever their symbolic links lead to; empty means no such restriction.</param>
public sealed record LocalFilter(IReadOnlyList<string> Include, IReadOnlyList<string> Exclude, IReadOnlyList<string> FollowPaths)
{
    /// <summary>Everything.</summary>
    public static LocalFilter All { get; } = new([], [], []);
}
