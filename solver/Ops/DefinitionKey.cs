using Cairn.Llb.CacheKeys;
using Cairn.Llb.Graphs;

namespace Cairn.Solver.Ops;

/// <summary>Cache maps that follow from the op's definition alone.</summary>
internal static class DefinitionKey
{
    /// <summary>A cache map without selectors and content keys.</summary>
    public static CacheMap Of(Vertex vertex)
    {
        var inputs = new CacheMapInput[vertex.Inputs.Count];
        Array.Fill(inputs, CacheMapInput.DefinitionOnly);
        return new CacheMap(CacheDigest.Stable(CacheKeyJson.Key(vertex)), inputs, HasMore: false);
    }
}
