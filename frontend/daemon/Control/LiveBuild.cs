using Cairn.Daemon.Status;
using Cairn.Protos.Control;
using Cairn.Solver.History;

namespace Cairn.Daemon.Control;

/// <summary>A build of a client that is under way, or has just ended.</summary>
/// <param name="Request">What the client asked for, in the present form of the protocol.</param>
/// <param name="HistoryId">Names its record.</param>
/// <param name="Created">When it began.</param>
internal sealed record LiveBuild(SolveRequest Request, BuildId HistoryId, DateTimeOffset Created)
{
    /// <summary>The client's name of it.</summary>
    public string Id => Request.Ref;

    /// <summary>When it ended; null while it runs.</summary>
    public DateTimeOffset? Ended { get; set; }   // written once, before anybody is told of the end

    /// <summary>Its news.</summary>
    public StatusFeed Feed { get; } = new();
}
