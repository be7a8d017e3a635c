namespace Cairn.Solver;

/// <summary>A file of a result, as <c>lstat</c> has it.</summary>
/// <param name="Name">Last part of its path; empty for the root.</param>
/// <param name="Mode">Kind and permission bits, as in <c>st_mode</c>.</param>
/// <param name="Uid">Owner.</param>
/// <param name="Gid">Group.</param>
/// <param name="Size">Bytes of a regular file, else 0.</param>
/// <param name="ModifiedNanoseconds">Time of the last change of content, nanoseconds since 1970.</param>
/// <param name="LinkTarget">Of a symbolic link, as it is written; else null.</param>
/// <param name="DeviceMajor">Of a device node, else 0.</param>
/// <param name="DeviceMinor">Of a device node, else 0.</param>
/// <param name="Attributes">Extended attributes by name.</param>
public sealed record ResultEntry(
    string Name, uint Mode, uint Uid, uint Gid, long Size, long ModifiedNanoseconds, string? LinkTarget, ulong DeviceMajor, ulong DeviceMinor,
    IReadOnlyDictionary<string, byte[]> Attributes);
