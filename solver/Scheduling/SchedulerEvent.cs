using Cairn.Cache.Keys;
using Cairn.Llb;
using Cairn.Solver.Ops;

namespace Cairn.Solver.Scheduling;

/// <summary>Something that happened outside the graph. One event, one <see cref="SolveGraph.Step"/>.</summary>
internal abstract record SchedulerEvent;

/// <summary>A job brings vertices, inputs before their consumers. May come more than once for a job.</summary>
internal sealed record JobLoaded(JobId Job, IReadOnlyList<VertexSpec> Vertices) : SchedulerEvent;

/// <summary>A job is over: its wants and its hold on vertices end.</summary>
internal sealed record JobLeft(JobId Job) : SchedulerEvent;

/// <summary>A job wants the result of an edge. Answered by <see cref="Deliver"/> or <see cref="Refuse"/>, unless it is dropped before.</summary>
internal sealed record Wanted(WantId Want, JobId Job, Digest Vertex, int Output) : SchedulerEvent;

/// <summary>A want is given up by who made it.</summary>
internal sealed record WantDropped(WantId Want) : SchedulerEvent;

/// <summary>A delivered result turned out to have no bytes. Whoever still needs the edge wants it again.</summary>
internal sealed record ResultLost(ResultId Result) : SchedulerEvent;

/// <summary>Time to see whether a job waits for nothing.</summary>
internal sealed record StallCheck : SchedulerEvent;

/// <summary>A piece of work has ended.</summary>
internal abstract record WorkEnded(WorkId Work) : SchedulerEvent;

/// <summary>The cache map of a vertex.</summary>
internal sealed record CacheMapMade(WorkId Work, CacheMap Map) : WorkEnded(Work);

/// <summary>What the store has for an edge.</summary>
/// <param name="Work">The work.</param>
/// <param name="Keys">Keys of the edge that the store knows.</param>
/// <param name="Candidates">Stored results under these keys, the preferred one first.</param>
/// <param name="Matched">For each input: some key of it leads on. Null if the store cannot say.</param>
internal sealed record LookedUp(
    WorkId Work, IReadOnlyList<CacheKeyId> Keys, IReadOnlyList<CandidateId> Candidates, IReadOnlyList<bool>? Matched) : WorkEnded(Work);

/// <summary>The digest of the selected content of an input.</summary>
internal sealed record ContentHashed(WorkId Work, Digest Content) : WorkEnded(Work);

/// <summary>A stored result can be used.</summary>
internal sealed record Loaded(WorkId Work, ResultId Result) : WorkEnded(Work);

/// <summary>An op was carried out and what it made is recorded.</summary>
/// <param name="Work">The work.</param>
/// <param name="Results">One for each output.</param>
/// <param name="Keys">For each output the key it was recorded under; null if it could not be recorded.</param>
internal sealed record Executed(
    WorkId Work, IReadOnlyList<ResultId> Results, IReadOnlyList<CacheKeyId?> Keys) : WorkEnded(Work);

/// <summary>The work failed.</summary>
/// <param name="Work">The work.</param>
/// <param name="Error">Why.</param>
/// <param name="Blame">The job whose client, rights or limits caused it, when the failure says nothing about the work itself.</param>
/// <param name="Lost">Results among the inputs whose bytes were missing: then these are made again instead of failing.</param>
internal sealed record WorkFailed(
    WorkId Work, Exception Error, JobId? Blame, IReadOnlyList<ResultId> Lost) : WorkEnded(Work);

/// <summary>The work stopped because it was told to.</summary>
internal sealed record WorkCancelled(WorkId Work) : WorkEnded(Work);
