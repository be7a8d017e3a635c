using Cairn.Cache.Keys;
using Cairn.Llb;

namespace Cairn.Solver.Scheduling;

/// <summary>
/// One carrying out of an op, with everybody who lives on it. Vertices of equal keys attach to it; it waits for nothing but a turn, so no circle
/// can come of that.
/// </summary>
internal sealed class Execution(Digest op, InputIdentity[] identity, bool ignoresCache, long serial, VertexNode first)
{
    /// <summary>Digest of the op; with <see cref="Identity"/> it decides whether two executions would do the same.</summary>
    public Digest Op { get; } = op;

    /// <summary>What its inputs are, one by one.</summary>
    public InputIdentity[] Identity { get; } = identity;

    /// <summary>It is carried out for a vertex that does not look into the cache. Who that is may change until it begins, or begins again.</summary>
    public bool IgnoresCache { get; set; } = ignoresCache;

    /// <summary>Tells executions apart, the older from the younger.</summary>
    public long Serial { get; } = serial;

    /// <summary>The vertex whose op is carried out.</summary>
    public VertexNode First { get; set; } = first;

    /// <summary>The vertices that take their results from it, in the order in which they came; none is left out of a failure.</summary>
    public List<VertexNode> Owners { get; } = [];

    public ExecutionState State { get; set; }

    public Work? Work { get; set; }

    /// <summary>The keys of the inputs of the vertex whose op is carried out, as they were when that began.</summary>
    public IReadOnlyList<KeyInput> Inputs { get; set; } = [];

    /// <summary>One per output when it is done.</summary>
    public ResultNode[] Results { get; set; } = [];

    /// <summary>For each output the key that it was recorded under.</summary>
    public IReadOnlyList<CacheKeyId?> Keys { get; set; } = [];
}
