namespace Cairn.Solver.Scheduling;

/// <summary>How a vertex came to its result, or that it did not.</summary>
internal enum OutcomeKind
{
    /// <summary>A stored result was found by the definition alone; nothing below was evaluated for it.</summary>
    HitByDefinition,

    /// <summary>A stored result was found once keys of inputs were known that took an evaluation further below.</summary>
    HitByInputKeys,

    /// <summary>A stored result was found once the content of inputs was hashed.</summary>
    HitByContent,

    /// <summary>The op was carried out.</summary>
    Executed,

    /// <summary>The key could not be made, or the op failed.</summary>
    Failed,

    /// <summary>Nothing is decided yet: a source was resolved, or content of an input was hashed. Perhaps nothing follows.</summary>
    Keyed,
}
