namespace Cairn.Solver.Ops;

/// <summary>Order of paths by their bytes.</summary>
internal static class PathBytes
{
    /// <summary>The comparison.</summary>
    public static Comparer<byte[]> Order { get; } = Comparer<byte[]>.Create((left, right) => left.AsSpan().SequenceCompareTo(right));
}
