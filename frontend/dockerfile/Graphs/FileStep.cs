using Pb = Cairn.Protos.Pb;

namespace Cairn.Frontend.Dockerfile.Graphs;

/// <summary>One action of a file node.</summary>
/// <param name="Action">The action; its input, output and user lookup indexes are filled in when the node is written.</param>
/// <param name="Source">What a copy takes from; null for scratch and for other actions.</param>
internal sealed record FileStep(Pb.FileAction Action, GraphEdge? Source);
