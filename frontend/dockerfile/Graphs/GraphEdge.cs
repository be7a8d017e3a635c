namespace Cairn.Frontend.Dockerfile.Graphs;

/// <summary>One output of a node. An empty tree (scratch) is the absence of an edge.</summary>
internal sealed record GraphEdge(GraphNode Node, long Output)
{
    public static GraphEdge Of(GraphNode node) => new(node, 0);
}
