namespace Cairn.Solver.Scheduling;

/// <summary>Work that was begun outside and has not come back.</summary>
internal sealed class Work(WorkId id, WorkKind kind, VertexNode vertex)
{
    public WorkId Id { get; } = id;

    public WorkKind Kind { get; } = kind;

    /// <summary>For an execution the vertex that was first.</summary>
    public VertexNode Vertex { get; } = vertex;

    public EdgeNode? Edge { get; init; }

    /// <summary>For content: which input.</summary>
    public int Input { get; init; }

    /// <summary>For content: of which result.</summary>
    public ResultId Result { get; init; }

    /// <summary>For a load: which candidate.</summary>
    public CandidateId Candidate { get; init; }

    public Execution? Execution { get; init; }

    /// <summary>It was told to stop; nobody waits for this particular work.</summary>
    public bool IsCancelled { get; set; }
}
