namespace Cairn.Solver.Scheduling;

/// <summary>How far a vertex has gone to find or make its results. Each stage asks more of the inputs than the one before.</summary>
internal enum Stage
{
    /// <summary>Keys by definition: nothing below is evaluated.</summary>
    Definition,

    /// <summary>All keys of the inputs; something further below may be evaluated for them.</summary>
    InputKeys,

    /// <summary>Content keys of those inputs that allow them and of which no key leads on: no result can be found without them.</summary>
    MissingContent,

    /// <summary>Content keys of all inputs that allow them: their keys lead on, but not to the same record.</summary>
    OwnContent,

    /// <summary>All inputs are evaluated; whatever is still missing for the full set of keys is computed.</summary>
    Inputs,

    /// <summary>The op is carried out.</summary>
    Execution,
}
