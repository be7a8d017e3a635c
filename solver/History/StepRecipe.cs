using Cairn.Llb;

namespace Cairn.Solver.History;

/// <summary>How the key of a step was made, and what the cache said to it.</summary>
public sealed record StepRecipe
{
    /// <summary>Digests of the op's cache maps: <c>sha256:…</c>, or <c>random:…</c> for one that is never stored.</summary>
    public IReadOnlyList<string> Maps { get; init; } = [];

    /// <summary>What a source was resolved to (manifest digest, commit, digest of a file); null if nothing.</summary>
    public string? Pin { get; init; }

    /// <summary>For each input what was known of it.</summary>
    public IReadOnlyList<InputRecipe> Inputs { get; init; } = [];

    /// <summary>How a cached result was found: <c>definition</c>, <c>inputs</c> or <c>content</c>; null for none.</summary>
    public string? Hit { get; init; }

    /// <summary>Why the step was carried out, in the words of <see cref="MissWords"/>; null if it was not.</summary>
    public string? Miss { get; init; }

    /// <summary>The imported cache that the result was taken from; null if it was not.</summary>
    public string? Import { get; init; }

    /// <summary>Imported caches that were asked, with their last answers.</summary>
    public IReadOnlyList<AskedCache> Asked { get; init; } = [];

    /// <summary>Ids of the cache records that hold its results; empty for scratch.</summary>
    public IReadOnlyList<string> Results { get; init; } = [];

    /// <summary>Cached results that were found and could not be used.</summary>
    public IReadOnlyList<StepFault> Faults { get; init; } = [];

    /// <summary>The step whose work it took part in; null if it did its own.</summary>
    public Digest? Leader { get; init; }
}
