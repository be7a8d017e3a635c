using Cairn.Protos.Pb;

namespace Cairn.Llb.Graphs;

/// <summary>An op as it was read, or as it was rewritten.</summary>
/// <param name="Op">The message.</param>
/// <param name="Bytes">Its bytes.</param>
/// <param name="Digest">The vertex digest.</param>
/// <param name="ClientDigest">The digest in the definition.</param>
/// <param name="IsProxied">A run behind the build's proxy.</param>
internal readonly record struct VertexBytes(Op Op, ReadOnlyMemory<byte> Bytes, Digest Digest, Digest ClientDigest, bool IsProxied);
