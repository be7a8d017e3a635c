using Cairn.Llb;

namespace Cairn.Cache.Keys;

/// <summary>Asks for the keys of one output of a vertex.</summary>
/// <param name="Operation">Digest of the vertex's cache map.</param>
/// <param name="Output">Index of the output.</param>
/// <param name="Inputs">For each input its known keys; empty for a vertex without inputs.</param>
public sealed record KeyQuery(Digest Operation, int Output, IReadOnlyList<InputKeys> Inputs)
{
    /// <summary>Also say of each input by itself whether it leads on.</summary>
    public bool WantsMatches { get; init; }
}
