using Cairn.Llb;
using Cairn.Solver.Ops;

namespace Cairn.Solver.Scheduling;

/// <summary>A vertex that some jobs share.</summary>
internal sealed class VertexNode(Digest key, VertexSpec spec, EdgeNode[] inputs)
{
    /// <summary>Its place in the graph; the digest, unless equal vertices had to stay apart.</summary>
    public Digest Key { get; } = key;

    public object Payload { get; } = spec.Payload;

    public bool IgnoresCache { get; } = spec.IgnoresCache;

    public bool IsLimited { get; } = spec.IsLimited;

    public EdgeNode[] Inputs { get; } = inputs;

    /// <summary>The arcs from the inputs to here, one per input.</summary>
    public ConsumerArc[] Arcs { get; } = new ConsumerArc[inputs.Length];

    /// <summary>Outputs that somebody asked for, in that order.</summary>
    public List<EdgeNode> Edges { get; } = [];

    /// <summary>The jobs that hold it, in the order in which they came.</summary>
    public List<JobNode> Jobs { get; } = [];

    public List<CacheMap> Maps { get; } = [];

    public Work? MapWork { get; set; }

    public bool HasAllMaps => Maps.Count > 0 && !Maps[^1].HasMore;

    /// <summary>Content digest of each input, where it is known.</summary>
    public Digest?[] Content { get; } = new Digest?[inputs.Length];

    public Work?[] ContentWork { get; } = new Work?[inputs.Length];

    /// <summary>Grows with everything that may change the outcome of a look-up.</summary>
    public int KeyStamp { get; set; }

    public Stage Stage { get; set; }

    /// <summary>The stage whose demands the inputs have now; null if nothing is demanded.</summary>
    public Stage? Demanded { get; set; }

    /// <summary>Inputs below this index are known to fulfil the present stage.</summary>
    public int Cursor { get; set; }

    public Execution? Execution { get; set; }

    /// <summary>It waits for something, so that it is cut short if nobody wants it any more.</summary>
    public bool IsUnderWay { get; set; }

    /// <summary>How often its work found inputs without bytes.</summary>
    public int Setbacks { get; set; }

    public bool IsQueued { get; set; }

    /// <summary>It failed in this step: it begins again only after everybody who failed with it has let go.</summary>
    public bool IsCooling { get; set; }

    public bool IsForgotten { get; set; }

    /// <summary>Whether a content key may be made of some input.</summary>
    public bool HasContentKeys
    {
        get
        {
            for (int i = 0; i < Inputs.Length; i++)
            {
                if (AllowsContent(i))
                {
                    return true;
                }
            }

            return false;
        }
    }

    /// <summary>Whether a content key may be made of an input.</summary>
    public bool AllowsContent(int input) => Maps.Count > 0 && Maps[0].Inputs[input].Content is not null;

    public EdgeNode? FindEdge(int output)
    {
        foreach (EdgeNode edge in Edges)
        {
            if (edge.Output == output)
            {
                return edge;
            }
        }

        return null;
    }
}
