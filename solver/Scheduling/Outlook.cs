namespace Cairn.Solver.Scheduling;

/// <summary>What an edge, or the edges of a vertex together, need next.</summary>
internal enum Outlook
{
    /// <summary>Nothing.</summary>
    Satisfied,

    /// <summary>The next stage.</summary>
    WantsMore,

    /// <summary>The end of work that was begun.</summary>
    Waits,
}
