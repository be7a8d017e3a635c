using System.Text;

namespace Cairn.Llb;

/// <summary>Names a layer together with all layers below it.</summary>
/// <param name="Digest">The diff ID for the lowest layer; see <see cref="Append"/> for the others.</param>
public readonly record struct ChainId(Digest Digest)
{
    /// <summary>The chain of one layer, which is that layer's diff ID.</summary>
    public static ChainId Of(DiffId lowest) => new(lowest.Digest);

    /// <summary>The chain of several layers.</summary>
    /// <param name="layers">Lowest first.</param>
    /// <returns>Null when there is no layer.</returns>
    public static ChainId? Of(IEnumerable<DiffId> layers)
    {
        ArgumentNullException.ThrowIfNull(layers);
        ChainId? chain = null;
        foreach (DiffId layer in layers)
        {
            chain = chain?.Append(layer) ?? Of(layer);
        }

        return chain;
    }

    /// <summary>Stacks one more layer on this chain.</summary>
    /// <param name="next">Digest of the layer's uncompressed tar, never of its compressed blob.</param>
    /// <returns>SHA-256 of the two digests in text form with one space between: 143 bytes of ASCII.</returns>
    /// <remarks>Source: OCI image-spec, config.md, "Layer ChainID".</remarks>
    public ChainId Append(DiffId next) => new(Digest.Sha256(Encoding.ASCII.GetBytes($"{Digest} {next.Digest}")));

    /// <summary>The digest in text form.</summary>
    public override string ToString() => Digest.ToString();
}
