using Cairn.Frontend.Dockerfile.Parsing;

namespace Cairn.Frontend.Dockerfile.Instructions;

/// <summary>What COPY or ADD takes, and where it goes.</summary>
/// <param name="Paths">Paths, or for ADD addresses, as written.</param>
/// <param name="Documents">Here-documents: files made from their contents.</param>
/// <param name="Destination">The last word.</param>
internal sealed record CopySources(IReadOnlyList<string> Paths, IReadOnlyList<Heredoc> Documents, string Destination);
