namespace Cairn.Solver.Scheduling;

/// <summary>How much of an edge is known, or wanted. Each level contains the ones before it.</summary>
internal enum Level
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>Its keys as far as the definition gives them.</summary>
    Definition,

    /// <summary>Its keys as far as the content of what is below gives them, or a stored result, which makes more keys needless.</summary>
    Content,

    /// <summary>The result.</summary>
    Result,
}
