using Cairn.Cache.Refs;
using Cairn.Llb;

namespace Cairn.Cache.Blobs;

/// <summary>A claim on a blob of the store, which stays while any claim or any layer needs it.</summary>
public sealed class BlobClaim : IDisposable
{
    private ClaimTable? _claims;

    internal BlobClaim(ClaimTable claims, Digest digest, long size)
    {
        _claims = claims;
        Digest = digest;
        Size = size;
    }

    /// <summary>Digest of the bytes.</summary>
    public Digest Digest { get; }

    /// <summary>Bytes.</summary>
    public long Size { get; }

    /// <summary>Gives the claim up; memory only, safe to call twice.</summary>
    public void Dispose() => Interlocked.Exchange(ref _claims, null)?.Release(Digest);
}
