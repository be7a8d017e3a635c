namespace Cairn.Solver.Execution;

/// <summary>What a process has as its standard streams.</summary>
public enum ConsoleUse
{
    /// <summary>Nothing to read; what it writes is collected.</summary>
    Collected,

    /// <summary>The streams of this process.</summary>
    Streams,

    /// <summary>The terminal of this process, as a terminal of its own.</summary>
    Terminal,

    /// <summary>Reads what somebody sends it; what it writes is collected.</summary>
    Live,

    /// <summary>A terminal of its own, at which somebody sits.</summary>
    LiveTerminal,
}
