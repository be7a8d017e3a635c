using Cairn.Llb;

namespace Cairn.Solver.Ops;

/// <summary>The digest of a cache map. A random one belongs to one session: keys made from it are neither stored nor exported.</summary>
/// <param name="Value">The hash.</param>
/// <param name="IsRandom">True if the text form begins with <c>random:</c>.</param>
public readonly record struct CacheDigest(Digest Value, bool IsRandom)
{
    /// <summary>A digest that may be stored.</summary>
    public static CacheDigest Stable(Digest value) => new(value, IsRandom: false);

    /// <summary>A digest that means nothing to another session.</summary>
    public static CacheDigest Random(Digest value) => new(value, IsRandom: true);

    /// <summary><c>sha256:…</c> or <c>random:…</c>.</summary>
    public override string ToString() => IsRandom ? $"random:{Value.Hex}" : Value.ToString();
}
