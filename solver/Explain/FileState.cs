namespace Cairn.Solver.Explain;

/// <summary>What counts of a file.</summary>
/// <param name="Type"><c>regular</c>, <c>directory</c>, <c>symlink</c>, <c>fifo</c>, <c>socket</c>, <c>block</c> or <c>character</c>.</param>
/// <param name="Size">Bytes of a regular file, else 0.</param>
/// <param name="Mode">Permission bits, octal.</param>
/// <param name="Uid">Owner.</param>
/// <param name="Gid">Group.</param>
/// <param name="Link">Target of a symbolic link; null for others.</param>
/// <param name="Hash">SHA-256 of metadata and bytes, hexadecimal.</param>
public sealed record FileState(string Type, long Size, string Mode, uint Uid, uint Gid, string? Link, string Hash);
