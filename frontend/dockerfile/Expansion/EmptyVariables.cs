namespace Cairn.Frontend.Dockerfile.Expansion;

/// <summary>No variable is set.</summary>
internal sealed class EmptyVariables : IVariables
{
    public static readonly EmptyVariables Instance = new();

    private EmptyVariables()
    {
    }

    public IEnumerable<string> Names => [];

    public string? Find(string name) => null;
}
