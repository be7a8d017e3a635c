using Cairn.Llb;

namespace Cairn.Solver.Sources;

/// <summary>A file that was fetched, or found to be unchanged.</summary>
/// <param name="Content">SHA-256 of its bytes; they are in the blob store until it is collected.</param>
/// <param name="Name">File name that the server gave; null if it gave none.</param>
/// <param name="LastModified">As the server has it; null if it does not say.</param>
internal sealed record HttpDownload(Digest Content, string? Name, DateTimeOffset? LastModified);
