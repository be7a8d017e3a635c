using Cairn.Cache.Refs;

namespace Cairn.Solver.Containers;

/// <summary>Files that a container can have: a result of the build, or what a failed step left.</summary>
public sealed class ResultHandle
{
    private ResultHandle(SolvedRef? solved, RefId? kept)
    {
        Solved = solved;
        Kept = kept;
    }

    internal SolvedRef? Solved { get; }

    internal RefId? Kept { get; }

    /// <summary>A result of the build; it is made when the container is.</summary>
    public static ResultHandle Of(SolvedRef solved) => new(solved, kept: null);

    internal static ResultHandle Of(RefId kept) => new(solved: null, kept);
}
