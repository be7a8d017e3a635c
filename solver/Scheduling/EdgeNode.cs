using Cairn.Cache.Keys;

namespace Cairn.Solver.Scheduling;

/// <summary>One output of a vertex: what is known of it and who wants how much.</summary>
internal sealed class EdgeNode(VertexNode vertex, int output)
{
    // How many consumers want a level; wants of jobs count as Level.Result.
    private readonly int[] _demand = new int[(int)Level.Result + 1];

    public VertexNode Vertex { get; } = vertex;

    public int Output { get; } = output;

    public List<ConsumerArc> Consumers { get; } = [];

    public List<Want> Wants { get; } = [];

    /// <summary>The level of keys that is known.</summary>
    public Level Known { get; set; }

    /// <summary>Keys that a consumer may look up with. Replaced as a whole when one is added, so that it can be handed out.</summary>
    public CacheKeyId[] Keys { get; set; } = [];

    /// <summary>Keys that a consumer records its results under: those above, and one that must not be looked up with.</summary>
    public CacheKeyId[] RecordKeys { get; set; } = [];

    public ResultNode? Result { get; set; }

    /// <summary>Where the result came from; null if the op was carried out.</summary>
    public CandidateId? LoadedFrom { get; set; }

    /// <summary>Stored results not tried yet, the preferred one first.</summary>
    public List<CandidateId> Candidates { get; } = [];

    /// <summary>Stored results that could not be loaded or turned out to have no bytes: they are not tried again.</summary>
    public List<StoredFault> Faults { get; } = [];

    /// <summary>The keys of the inputs that the last look-up asked with.</summary>
    public IReadOnlyList<KeyInput> Asked { get; set; } = [];

    /// <summary>How far the vertex was at the last look-up.</summary>
    public Stage FoundAt { get; set; }

    /// <summary>Why the last look-up had no answer; null if it had one.</summary>
    public Exception? LookupError { get; set; }

    /// <summary>How often an executed result of this edge was lost.</summary>
    public int Losses { get; set; }

    public Work? Lookup { get; set; }

    public Work? Load { get; set; }

    /// <summary>The vertex's key stamp at the last look-up; -1 before the first.</summary>
    public int LookedUpAt { get; set; } = -1;

    /// <summary>The last look-up also asked for results.</summary>
    public bool KnowsResults { get; set; }

    /// <summary>What the store said of the inputs at the last look-up; null if nothing.</summary>
    public IReadOnlyList<bool>? Matched { get; set; }

    /// <summary>The last look-up left imported caches out, and these can be asked.</summary>
    public bool HasImports { get; set; }

    /// <summary>What imported caches said when they were last asked.</summary>
    public IReadOnlyList<ImportAnswer> Answers { get; set; } = [];

    /// <summary>The most that anybody wants of this edge.</summary>
    public Level Desire
    {
        get
        {
            for (Level level = Level.Result; level > Level.None; level--)
            {
                if (_demand[(int)level] > 0)
                {
                    return level;
                }
            }

            return Level.None;
        }
    }

    /// <summary>Somebody wants more than there is.</summary>
    public bool IsUnsatisfied => !Has(Desire);

    /// <summary>Whether a stored result was tried in vain.</summary>
    public bool HasStruck(CandidateId candidate) => Faults.Exists(fault => fault.Candidate == candidate);

    /// <summary>A result makes all keys known.</summary>
    public bool Has(Level level) => Result is not null || Known >= level;

    public void Count(Level level, int change)
    {
        if (level != Level.None)
        {
            _demand[(int)level] += change;
        }
    }
}
