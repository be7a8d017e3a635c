using System.Text;
using Cairn.Cache.Refs;
using Cairn.Llb;
using Cairn.Solver.Sources;

namespace Cairn.Solver.Ops;

/// <summary>A vertex that brings something in.</summary>
/// <remarks>Source: llb-semantics.md, section 6.</remarks>
internal sealed class SourceVertexOp(ISourceInstance source) : IOp
{
    private const string KeyPrefix = "buildkit.source.v0:";
    private const string SessionPrefix = "session:";

    public bool AsksForKey => source.AsksForKey;

    public async Task<CacheMap> CacheMapAsync(OpContext context, int index, CancellationToken cancellationToken)
    {
        SourceKey key = await source.KeyAsync(context, index, cancellationToken);
        Digest digest = Digest.Sha256(Encoding.UTF8.GetBytes(KeyPrefix + key.Key));
        return new CacheMap(
            key.Key.StartsWith(SessionPrefix, StringComparison.Ordinal) ? CacheDigest.Random(digest) : CacheDigest.Stable(digest),
            [],
            key.HasMore)
        {
            Pin = key.Pin,
        };
    }

    public async Task<IReadOnlyList<ImmutableRef?>> ExecuteAsync(
        OpContext context, IReadOnlyList<ImmutableRef?> inputs, CancellationToken cancellationToken) =>
        [await source.SnapshotAsync(context, cancellationToken)];

    public string? ExplainMissing(string path) => source.ExplainMissing(path);
}
