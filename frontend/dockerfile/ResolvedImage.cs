using Cairn.Llb;

namespace Cairn.Frontend.Dockerfile;

/// <summary>What an image name stands for now.</summary>
/// <param name="Digest">Digest of the manifest or index the name resolves to.</param>
/// <param name="Config">The image config blob, JSON.</param>
public sealed record ResolvedImage(Digest Digest, ReadOnlyMemory<byte> Config);
