using Cairn.Llb;

namespace Cairn.Solver.Registry;

/// <summary>A manifest or index as the registry holds it.</summary>
/// <param name="MediaType">As the registry declared it; may be empty.</param>
/// <param name="Digest">SHA-256 of <paramref name="Bytes"/>.</param>
/// <param name="Bytes">The document.</param>
public sealed record FetchedManifest(string MediaType, Digest Digest, ReadOnlyMemory<byte> Bytes);
