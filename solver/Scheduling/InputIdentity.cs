using Cairn.Cache.Keys;
using Cairn.Llb;

namespace Cairn.Solver.Scheduling;

/// <summary>All names by which the input of an execution is known. Two inputs that share one are the same for all that the op can see.</summary>
/// <param name="Selector">Which part of the input counts, for the keys.</param>
/// <param name="Keys">The input's keys.</param>
/// <param name="Content">Digest of what is selected of it; null if it is not known.</param>
/// <param name="Result">The result itself.</param>
internal readonly record struct InputIdentity(Digest? Selector, CacheKeyId[] Keys, Digest? Content, ResultId Result)
{
    /// <summary>Whether the two are the same.</summary>
    public bool IsSameAs(in InputIdentity other) =>
        Result == other.Result
        || (Content is { } content && content == other.Content)
        || (Selector == other.Selector && Keys.AsSpan().ContainsAny(other.Keys));
}
