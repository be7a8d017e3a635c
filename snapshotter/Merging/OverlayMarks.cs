using Cairn.Llb;
using Cairn.Snapshotter.Layers;
using Cairn.Snapshotter.Native;
using Microsoft.Win32.SafeHandles;

namespace Cairn.Snapshotter.Merging;

/// <summary>
/// Extended attributes by which overlayfs says what a directory of a layer hides. They lie in the namespace <c>trusted</c>, which needs rights
/// over the whole machine, or, in a user namespace of its own, in <c>user</c>. Overlayfs believes those of one namespace only.
/// </summary>
internal static class OverlayMarks
{
    private const string Trusted = "trusted";
    private const string User = "user";

    /// <summary>The namespace that this process can use, for as long as it lives.</summary>
    public static string Namespace { get; } = MayUseTrusted() ? Trusted : User;

    /// <summary>Marks are attributes of the user namespace.</summary>
    public static bool AreOfUsers => Namespace == User;

    /// <summary>Refuses a layer whose marks this process cannot read.</summary>
    /// <exception cref="BuildException">It was made with other rights.</exception>
    public static void CheckNamespace(LayerId layer, string marks)
    {
        if (marks != Namespace)
        {
            throw new BuildException(
                ErrorKind.Environment, "use layer", layer.ToString(),
                $"its deletions are marked with {marks}.overlay attributes, and this process works with {Namespace}.overlay",
                marks == Trusted
                    ? "Run as root of the machine, or use another directory with --root."
                    : "Run in a user namespace as before, or use another directory with --root.");
        }
    }

    /// <summary>Refuses attributes that make sense only in the stack that a layer was made in.</summary>
    /// <param name="path">Path in the layer.</param>
    /// <param name="attributes">Names of the attributes of an entry.</param>
    /// <exception cref="BuildException">There is a redirect or a file that has only its metadata here.</exception>
    public static void CheckJoinable(string path, IEnumerable<string> attributes)
    {
        foreach (string attribute in attributes)
        {
            if (attribute.EndsWith(".overlay.redirect", StringComparison.Ordinal)
                || attribute.EndsWith(".overlay.metacopy", StringComparison.Ordinal))
            {
                throw new BuildException(
                    ErrorKind.Environment, "use layer", path,
                    $"it has the mark {attribute}, which points into the layers it was made on; a layer must stand for itself",
                    "Make the layer with redirect_dir=off and metacopy=off.");
            }
        }
    }

    // Asked of a file in memory, so that no filesystem's options matter.
    private static bool MayUseTrusted()
    {
        using SafeFileHandle file = Libc.memfd_create("marks", Libc.MFD_CLOEXEC);
        return file.IsInvalid || Files.TrySetAttribute(file, "trusted.overlay.origin", []) != Errno.EPERM;
    }
}
