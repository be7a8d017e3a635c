namespace Cairn.Frontend.Dockerfile.Expansion;

/// <summary>Variables that hide those of another list.</summary>
internal sealed class OverlaidVariables(IVariables above, IVariables below) : IVariables
{
    public IEnumerable<string> Names => above.Names.Concat(below.Names).Distinct(StringComparer.Ordinal);

    public string? Find(string name) => above.Find(name) ?? below.Find(name);
}
