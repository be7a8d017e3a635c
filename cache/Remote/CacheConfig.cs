namespace Cairn.Cache.Remote;

/// <summary>What an exported cache knows: keys, how they follow from each other, and the layers of their results.</summary>
/// <param name="Layers">Layers, each with the index of the one below it.</param>
/// <param name="Records">Keys; links are indices into this list.</param>
/// <remarks>Source: control-and-status.md, section 15.</remarks>
public sealed record CacheConfig(IReadOnlyList<CacheConfigLayer> Layers, IReadOnlyList<CacheConfigRecord> Records)
{
    /// <summary>Media type of the document.</summary>
    public const string MediaType = "application/vnd.buildkit.cacheconfig.v0";

    /// <summary>The list of layers that a layer stands on, bottom first, itself last.</summary>
    /// <param name="top">Index of the layer.</param>
    public IReadOnlyList<int> ChainOf(int top)
    {
        var chain = new List<int>();
        for (int at = top; at != CacheConfigLayer.NoParent; at = Layers[at].Parent)
        {
            chain.Add(at);
        }
        chain.Reverse();
        return chain;
    }
}
