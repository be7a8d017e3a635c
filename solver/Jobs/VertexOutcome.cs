using Cairn.Cache.Keys;
using Cairn.Cache.Refs;
using Cairn.Llb.Graphs;
using Cairn.Solver.Ops;
using Cairn.Solver.Scheduling;

namespace Cairn.Solver.Jobs;

/// <summary>One decision about a vertex: a stored result was found, its op was carried out, or it failed. Does not change later.</summary>
internal sealed record VertexOutcome
{
    private readonly VertexWork _work;
    private readonly VertexNote _note;
    private readonly ResultTable _results;

    public VertexOutcome(VertexWork work, VertexNote note, ResultTable results)
    {
        _work = work;
        _note = note;
        _results = results;
    }

    /// <summary>The vertex as the first build brought it; name and source locations may differ in others.</summary>
    public Vertex Vertex => _work.Vertex;

    /// <summary>How it came to its result.</summary>
    public OutcomeKind Kind => _note.Kind;

    /// <summary>Why the op was carried out, or was about to be when it failed; otherwise <see cref="MissReason.None"/>.</summary>
    public MissReason Miss => _note.Miss;

    /// <summary>For a hit the output that was found; null: all outputs.</summary>
    public int? Output => _note.Output;

    /// <summary>The recipe's own part: the op's digest, and how each input counts. Several for a source that is keyed in several ways.</summary>
    public IReadOnlyList<CacheMap> Maps => _note.Maps;

    /// <summary>The recipe's other part, by input: the keys it brought, the selector, and the digest of its content (null if it was not needed).</summary>
    public IReadOnlyList<KeyInput> Inputs => _note.Inputs;

    /// <summary>The vertex's own keys; for an execution by output, null where nothing could be recorded.</summary>
    public IReadOnlyList<CacheKeyId?> Keys => _note.Keys;

    /// <summary>For a hit the record of the store that was found; null for scratch, for an imported result, and if it is no hit.</summary>
    public RefId? Stored => _note.Candidate is { Value: > 0 } candidate ? new RefId(candidate.Value) : null;

    /// <summary>The imported cache that the result was found in; null if it was found in the store, and if it is no hit.</summary>
    public string? Import => _note.Candidate is { } candidate ? _work.FindImported(candidate)?.Source : null;

    /// <summary>What imported caches said, if they were asked.</summary>
    public IReadOnlyList<ImportAnswer> Answers => _note.Answers;

    /// <summary>Ids of the records that hold the results, scratch left out.</summary>
    public IReadOnlyList<string> Results
    {
        get
        {
            if (Stored is { } stored)
            {
                return [stored.ToString()];
            }

            List<string> ids = [];
            for (int i = 0; i < _note.Results.Count; i++)
            {
                using ImmutableRef? result = _results.TryClone(_note.Results[i]);
                if (result is not null)
                {
                    ids.Add(result.Id.ToString());
                }
            }

            return ids;
        }
    }

    /// <summary>Stored results that were tried in vain, in that order.</summary>
    public IReadOnlyList<StoredFault> Faults => _note.Faults;

    /// <summary>What a stored result is called: the id of its record, or the imported cache that it is in.</summary>
    public string NameOf(CandidateId candidate) => _work.FindImported(candidate)?.Source ?? new RefId(candidate.Value).ToString();

    /// <summary>The vertex whose op was carried out, if this one lived on the equal work of another.</summary>
    public Vertex? Leader => (_note.Leader as VertexWork)?.Vertex;

    /// <summary>Why it failed.</summary>
    public Exception? Error => _note.Error;

    /// <summary>When the op began to wait for a turn; null if it did not have to be carried out, or is not limited.</summary>
    public DateTimeOffset? Queued { get; init; }

    /// <summary>When the op was begun, or the loading of what was found; of a failed key the making of it.</summary>
    public required DateTimeOffset Started { get; init; }

    /// <summary>When it was decided.</summary>
    public required DateTimeOffset Completed { get; init; }

    /// <summary>The result of an input, with a claim for the caller.</summary>
    /// <returns>Null if the input was not evaluated, is scratch, or has been let go of. Sure to be there only while the recorder is being told.</returns>
    public ImmutableRef? TryCloneInput(int input) => _note.InputResults[input] is { } id ? _results.TryClone(id) : null;

    /// <summary>A result, by output, or the one that was found; see <see cref="TryCloneInput"/>.</summary>
    public ImmutableRef? TryCloneResult(int index) => index < _note.Results.Count ? _results.TryClone(_note.Results[index]) : null;
}
