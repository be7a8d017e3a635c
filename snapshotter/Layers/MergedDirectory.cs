using Cairn.Snapshotter.Native;
using Cairn.Snapshotter.Trees;
using Microsoft.Win32.SafeHandles;

namespace Cairn.Snapshotter.Layers;

/// <summary>
/// One directory of a stack of layers, joined by the rules of overlayfs without a mount: of each name the topmost entry counts, a whiteout
/// hides the name below, and an opaque directory hides all of the directories below it.
/// </summary>
internal sealed class MergedDirectory : IDisposable
{
    private readonly IReadOnlyList<SafeFileHandle> _parts;   // topmost first; each has this directory, and none is hidden

    private MergedDirectory(IReadOnlyList<SafeFileHandle> parts) => _parts = parts;

    /// <summary>The topmost part: its metadata is the directory's.</summary>
    public SafeFileHandle Top => _parts[0];

    /// <summary>The root of a stack.</summary>
    /// <param name="layers">Change directories, topmost first; at least one.</param>
    public static MergedDirectory Open(IEnumerable<string> layers)
    {
        var parts = new List<SafeFileHandle>();
        try
        {
            foreach (string layer in layers)
            {
                parts.Add(Files.OpenDirectory(layer));
                if (TreeAttributes.IsOpaque(parts[^1]))
                {
                    break;
                }
            }
            return new MergedDirectory(parts);
        }
        catch
        {
            parts.ForEach(static part => part.Dispose());
            throw;
        }
    }

    /// <summary>Visible entries in byte order. May be read once.</summary>
    public IEnumerable<MergedEntry> Entries()
    {
        var entries = new SortedDictionary<string, MergedEntry?>(PathText.ByteOrder);
        for (int i = 0; i < _parts.Count; i++)
        {
            foreach (string name in Files.Names(_parts[i]))
            {
                if (!entries.ContainsKey(name))
                {
                    FileStatus status = Files.Status(_parts[i], name);
                    entries.Add(name, status.IsWhiteout ? null : new MergedEntry(name, status, _parts[i], i));
                }
            }
        }
        return entries.Values.OfType<MergedEntry>();
    }

    /// <summary>A directory among the entries, joined in turn.</summary>
    public MergedDirectory Enter(MergedEntry entry)
    {
        var parts = new List<SafeFileHandle>();
        try
        {
            for (int i = entry.Part; i < _parts.Count; i++)
            {
                FileStatus? status = i == entry.Part ? entry.Status : Files.TryStatus(_parts[i], entry.Name);
                if (status is null)
                {
                    continue;
                }
                if (!status.IsDirectory)
                {
                    break;   // a whiteout or a file: what is below it does not show
                }
                parts.Add(Files.OpenAt(_parts[i], entry.Name, Libc.O_RDONLY | Libc.O_DIRECTORY | Libc.O_NOFOLLOW));
                if (TreeAttributes.IsOpaque(parts[^1]))
                {
                    break;
                }
            }
            return new MergedDirectory(parts);
        }
        catch
        {
            parts.ForEach(static part => part.Dispose());
            throw;
        }
    }

    public void Dispose()
    {
        foreach (SafeFileHandle part in _parts)
        {
            part.Dispose();
        }
    }
}
