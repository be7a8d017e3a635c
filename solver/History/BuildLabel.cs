namespace Cairn.Solver.History;

/// <summary>What a build is called in the records. Builds of equal context, file and target are runs of the same thing.</summary>
/// <param name="Name">For people.</param>
/// <param name="Context">Directory, URL or definition that is built; may be empty.</param>
/// <param name="File">The Dockerfile; empty for the usual one.</param>
/// <param name="Target">The stage; empty for the last.</param>
public sealed record BuildLabel(string Name, string Context, string File, string Target)
{
    /// <summary>Nothing is known.</summary>
    public static BuildLabel None { get; } = new("", "", "", "");
}
