using Cairn.Solver.Ops;

namespace Cairn.Solver.Scheduling;

/// <summary>Something that the graph wants done outside. Commands of one step are carried out in order; work is only begun, never awaited.</summary>
internal abstract record Command;

/// <summary>A vertex now belongs to a job as well.</summary>
internal sealed record Joined(object Vertex, JobId Job) : Command;

/// <summary>A vertex no longer belongs to a job.</summary>
internal sealed record Left(object Vertex, JobId Job) : Command;

/// <summary>Nobody holds the vertex any more.</summary>
internal sealed record Forgotten(object Vertex) : Command;

/// <summary>A want has its result. The receiver takes a claim of its own now: the graph may release its own at any time after.</summary>
internal sealed record Deliver(WantId Want, ResultId Result) : Command;

/// <summary>A want cannot be met.</summary>
internal sealed record Refuse(WantId Want, Exception Error) : Command;

/// <summary>The graph holds this result no longer.</summary>
internal sealed record Release(ResultId Result) : Command;

/// <summary>Work is to stop. Its end comes as an event in any case, whichever it is.</summary>
internal sealed record Cancel(WorkId Work) : Command;

/// <summary>The work on the leader is also that of the follower: its progress is shown under both.</summary>
internal sealed record Followed(object Follower, object Leader) : Command;

/// <summary>The follower has nothing more to do with the leader's work.</summary>
internal sealed record Unfollowed(object Follower, object Leader) : Command;

/// <summary>Jobs wait, and nothing runs or is queued for them.</summary>
internal sealed record Stalled(JobId Job, string WaitGraph) : Command;

/// <summary>Work is to begin.</summary>
internal abstract record Start(WorkId Work, object Vertex) : Command;

/// <summary>Make a cache map.</summary>
internal sealed record StartCacheMap(WorkId Work, object Vertex, int Index) : Start(Work, Vertex);

/// <summary>See what the store has for an edge.</summary>
internal sealed record StartLookup(
    WorkId Work, object Vertex, int Output, IReadOnlyList<CacheDigest> Digests, IReadOnlyList<KeyInput> Inputs) : Start(Work, Vertex);

/// <summary>Hash the selected content of an input.</summary>
internal sealed record StartContent(WorkId Work, object Vertex, int Input, CacheMapInput Map, ResultId Result) : Start(Work, Vertex);

/// <summary>Make a stored result usable.</summary>
internal sealed record StartLoad(WorkId Work, object Vertex, int Output, CandidateId Candidate) : Start(Work, Vertex);

/// <summary>Carry the op out, and record its results under all keys.</summary>
internal sealed record StartExecution(
    WorkId Work,
    object Vertex,
    IReadOnlyList<ResultId> Inputs,
    IReadOnlyList<CacheDigest> Digests,
    IReadOnlyList<KeyInput> Keys) : Start(Work, Vertex);
