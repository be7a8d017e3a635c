namespace Cairn.Solver.Scheduling;

/// <summary>Where an execution stands.</summary>
internal enum ExecutionState
{
    /// <summary>It waits for a turn.</summary>
    Queued,

    /// <summary>It runs.</summary>
    Running,

    /// <summary>It runs and was told to stop. Whoever comes now waits for the end and starts it again.</summary>
    Cancelling,

    /// <summary>Its results can be taken.</summary>
    Done,

    /// <summary>It failed, was given up, or its results are gone.</summary>
    Dead,
}
