using Cairn.Daemon.Status;
using Cairn.Protos.Control;
using Cairn.Solver.History;

namespace Cairn.Daemon.Control;

/// <summary>A build of a client that is under way, or has just ended.</summary>
internal sealed class LiveBuild(SolveRequest request, BuildId historyId, DateTimeOffset created)
{
    /// <summary>What the client asked for, in the present form of the protocol.</summary>
    public SolveRequest Request { get; } = request;

    /// <summary>Names its record.</summary>
    public BuildId HistoryId { get; } = historyId;

    /// <summary>When it began.</summary>
    public DateTimeOffset Created { get; } = created;

    /// <summary>The client's name of it.</summary>
    public string Id => Request.Ref;

    /// <summary>When it ended; null while it runs.</summary>
    public DateTimeOffset? Ended { get; set; }   // written once, before anybody is told of the end

    /// <summary>Its news.</summary>
    public StatusFeed Feed { get; } = new();
}
