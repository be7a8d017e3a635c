namespace Cairn.Llb.Building;

/// <summary>A file that a graph was written in, kept in its source map.</summary>
/// <param name="FileName">As it is shown, for instance "Dockerfile".</param>
/// <param name="Content">The whole file.</param>
/// <param name="Language">For instance "Dockerfile".</param>
/// <param name="Origin">Where the file comes from, so that a client can fetch it; null when that is not known.</param>
public sealed record SourceFile(string FileName, ReadOnlyMemory<byte> Content, string Language = "", State? Origin = null);
