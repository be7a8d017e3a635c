using Cairn.Frontend.Dockerfile.Graphs;

namespace Cairn.Frontend.Dockerfile.Contexts;

/// <summary>A tree that instructions copy from.</summary>
/// <param name="Tree">Null for scratch.</param>
/// <param name="Local">The directory of the client behind it, when it is one: it is told which paths are used.</param>
internal sealed record ContextTree(GraphEdge? Tree, LocalNode? Local)
{
    public static ContextTree Of(GraphNode node) => new(GraphEdge.Of(node), node as LocalNode);

    /// <summary>Notes that a path in the tree is used.</summary>
    public void Use(string path) => Local?.Use(path);
}
