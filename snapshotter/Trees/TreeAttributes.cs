using Cairn.Snapshotter.Merging;
using Cairn.Snapshotter.Native;
using Microsoft.Win32.SafeHandles;

namespace Cairn.Snapshotter.Trees;

/// <summary>Which extended attributes belong to a file, and which only to the place where it lies.</summary>
internal static class TreeAttributes
{
    /// <summary>Prefix of what overlayfs notes for itself in a layer.</summary>
    public static string OverlayPrefix { get; } = OverlayMarks.Namespace + ".overlay.";

    /// <summary>"y": nothing of the layers below shows through this directory.</summary>
    public static string Opaque { get; } = OverlayPrefix + "opaque";

    /// <summary>On a directory with whiteouts: the kernel then hides their names in listings.</summary>
    public static string Origin { get; } = OverlayPrefix + "origin";

    /// <summary>On the root of a layer: it is meant to be as it is, although it is as a root usually is.</summary>
    public static string Root { get; } = OverlayPrefix + "cairn.root";

    /// <summary>An attribute of the file itself, which copies and archives take along.</summary>
    /// <remarks>SELinux labels come from the host's policy for the place, so they would make archives differ between hosts.</remarks>
    public static bool IsPortable(string attribute) =>
        !attribute.StartsWith("trusted.overlay.", StringComparison.Ordinal)
        && !attribute.StartsWith(OverlayPrefix, StringComparison.Ordinal) && attribute != "security.selinux";

    /// <summary>Portable attributes of a name in a directory, in byte order.</summary>
    public static IReadOnlyDictionary<string, byte[]> Read(SafeFileHandle directory, string name) =>
        Read(directory, name, Files.AttributeNames(directory, name));

    /// <summary>The same of an entry of a layer, which must not have marks that mean something only in one stack.</summary>
    /// <exception cref="Llb.BuildException">It has such marks.</exception>
    public static IReadOnlyDictionary<string, byte[]> ReadInLayer(SafeFileHandle directory, string name)
    {
        IReadOnlyList<string> names = Files.AttributeNames(directory, name);
        OverlayMarks.CheckJoinable(name, names);
        return Read(directory, name, names);
    }

    private static IReadOnlyDictionary<string, byte[]> Read(SafeFileHandle directory, string name, IReadOnlyList<string> names)
    {
        if (names.Count == 0)
        {
            return Empty;
        }
        var attributes = new SortedDictionary<string, byte[]>(PathText.ByteOrder);
        foreach (string attribute in names.Where(IsPortable))
        {
            if (Files.TryAttribute(directory, name, attribute) is { } value)
            {
                attributes.Add(attribute, value);
            }
        }
        return attributes;
    }

    /// <summary>Whether a directory of a layer hides everything below it.</summary>
    public static bool IsOpaque(SafeFileHandle directory) => Files.TryAttribute(directory, Opaque) is [(byte)'y', ..];

    /// <summary>The same by an absolute path of the host.</summary>
    public static bool IsOpaque(string directory) => Files.TryAttribute(Files.Anywhere, directory, Opaque) is [(byte)'y', ..];

    /// <summary>Both have the same portable attributes.</summary>
    public static bool AreEqual(IReadOnlyDictionary<string, byte[]> left, IReadOnlyDictionary<string, byte[]> right) =>
        left.Count == right.Count
        && left.All(pair => right.TryGetValue(pair.Key, out byte[]? value) && value.AsSpan().SequenceEqual(pair.Value));

    private static IReadOnlyDictionary<string, byte[]> Empty { get; } = new Dictionary<string, byte[]>();
}
