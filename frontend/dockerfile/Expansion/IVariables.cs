namespace Cairn.Frontend.Dockerfile.Expansion;

/// <summary>Where expansion looks variables up.</summary>
internal interface IVariables
{
    /// <summary>The value, or null when the variable is not set.</summary>
    string? Find(string name);

    /// <summary>The names that are set, for suggestions.</summary>
    IEnumerable<string> Names { get; }
}
