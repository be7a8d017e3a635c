namespace Cairn.Llb;

/// <summary>Names one layer by the digest of its uncompressed tar.</summary>
/// <param name="Digest">SHA-256 of the tar, never of a compressed blob.</param>
public readonly record struct DiffId(Digest Digest)
{
    /// <summary>The digest in text form.</summary>
    public override string ToString() => Digest.ToString();
}
