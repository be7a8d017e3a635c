namespace Cairn.Snapshotter.Native;

/// <summary>The mounts that this process sees.</summary>
internal static class MountTable
{
    /// <summary>Unmounts everything at and below a directory, the latest first.</summary>
    public static void UnmountBelow(string directory)
    {
        foreach (string target in Below(directory).Reverse())
        {
            Mounts.Detach(target);
        }
    }

    /// <summary>Mount points at and below a directory, in the order in which they were mounted.</summary>
    public static IEnumerable<string> Below(string directory) =>
        from line in File.ReadLines("/proc/self/mountinfo")
        let target = Unescape(line.Split(' ')[4])
        where target == directory || target.StartsWith(directory + "/", StringComparison.Ordinal)
        select target;

    // Space, tab, line feed and backslash are written as three octal digits.
    private static string Unescape(string text) => text.Contains('\\', StringComparison.Ordinal)
        ? text.Replace("\\040", " ", StringComparison.Ordinal).Replace("\\011", "\t", StringComparison.Ordinal)
            .Replace("\\012", "\n", StringComparison.Ordinal).Replace("\\134", "\\", StringComparison.Ordinal)
        : text;
}
