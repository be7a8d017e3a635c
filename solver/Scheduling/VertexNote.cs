using Cairn.Cache.Keys;
using Cairn.Solver.Ops;

namespace Cairn.Solver.Scheduling;

/// <summary>What was decided of a vertex, with the recipe of its key. Nothing in it changes later.</summary>
internal sealed record VertexNote
{
    /// <summary>How it came to its result.</summary>
    public required OutcomeKind Kind { get; init; }

    /// <summary>For a hit the output that was found; null if all outputs are meant.</summary>
    public int? Output { get; init; }

    /// <summary>The key by definition: the op's digest, and how each input counts. Empty if that could not be made.</summary>
    public required IReadOnlyList<CacheMap> Maps { get; init; }

    /// <summary>For each input what was known of it then: its keys, the selector, the digest of its content.</summary>
    public required IReadOnlyList<KeyInput> Inputs { get; init; }

    /// <summary>For each input its result, where it was evaluated.</summary>
    public required IReadOnlyList<ResultId?> InputResults { get; init; }

    /// <summary>The vertex's own keys, as the store knows them. For an execution one per output, null where nothing could be recorded.</summary>
    public required IReadOnlyList<CacheKeyId?> Keys { get; init; }

    /// <summary>For a hit: the stored result.</summary>
    public CandidateId? Candidate { get; init; }

    /// <summary>For a hit: the result. For an execution: one per output.</summary>
    public IReadOnlyList<ResultId> Results { get; init; } = [];

    /// <summary>Why it was carried out; also said of a failure to carry it out.</summary>
    public MissReason Miss { get; init; }

    /// <summary>Stored results that were found and of no use, in the order in which they were tried.</summary>
    public IReadOnlyList<StoredFault> Faults { get; init; } = [];

    /// <summary>What imported caches said, if they were asked.</summary>
    public IReadOnlyList<ImportAnswer> Answers { get; init; } = [];

    /// <summary>The payload of the vertex whose op was carried out, if that is another one that does the same.</summary>
    public object? Leader { get; init; }

    /// <summary>Why it failed.</summary>
    public Exception? Error { get; init; }
}
