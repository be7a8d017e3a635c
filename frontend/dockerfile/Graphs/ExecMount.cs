using Pb = Cairn.Protos.Pb;

namespace Cairn.Frontend.Dockerfile.Graphs;

/// <summary>A mount of an exec node.</summary>
/// <param name="Mount">Everything but the input and output indexes.</param>
/// <param name="Tree">What is mounted; null for scratch and for mounts that take no tree.</param>
internal sealed record ExecMount(Pb.Mount Mount, GraphEdge? Tree);
