namespace Cairn.Frontend.Dockerfile.Instructions;

/// <summary>The flags that COPY and ADD share, as written.</summary>
/// <param name="Owner"><c>user[:group]</c>, or null.</param>
/// <param name="Mode">Octal or symbolic, or null.</param>
/// <param name="Link">Make a layer that does not depend on the one below.</param>
/// <param name="Exclude">Patterns relative to each source.</param>
internal sealed record CopyFlags(string? Owner, string? Mode, bool Link, IReadOnlyList<string> Exclude);
