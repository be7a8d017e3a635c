using Cairn.Snapshotter.Native;

namespace Cairn.Snapshotter.Merging;

/// <summary>
/// One directory of a stack of layers, joined by the rules of overlayfs without a mount: of each name the topmost entry counts, a whiteout or
/// a file hides the name below, and an opaque directory hides all of the directories below it.
/// </summary>
/// <remarks>
/// The stack may be a run of layers from the middle of a longer one. Then whiteouts are entries too, and <see cref="IsClosed"/> tells which
/// directories hide what lies below the run: written down as whiteouts and opaque marks, the result stands for the run in every stack.
/// </remarks>
/// <typeparam name="T">Directory of one layer.</typeparam>
internal sealed class MergedDirectory<T> : IDisposable
    where T : class, ILayerDirectory<T>
{
    private readonly List<T> _parts;   // topmost first; each has this directory, and none is hidden

    private MergedDirectory(List<T> parts, bool isClosed)
    {
        _parts = parts;
        IsClosed = isClosed;
    }

    /// <summary>The topmost part: its metadata is the directory's.</summary>
    public T Top => _parts[0];

    /// <summary>All parts, topmost first.</summary>
    public IReadOnlyList<T> Parts => _parts;

    /// <summary>Nothing below the stack shows through this directory.</summary>
    public bool IsClosed { get; }

    /// <summary>The root of a stack.</summary>
    /// <param name="layers">Roots of the layers, topmost first, at least one; owned from here on, opened as far as they show.</param>
    /// <param name="isBottom">Nothing lies below the stack.</param>
    public static MergedDirectory<T> Open(IEnumerable<T> layers, bool isBottom) => Join(layers, isBottom);

    /// <summary>Entries in byte order of their names. May be asked for once.</summary>
    public IReadOnlyList<MergedEntry<T>> Entries()
    {
        var entries = new List<MergedEntry<T>>();
        Dictionary<string, MergedEntry<T>>? known = _parts.Count == 1 ? null : new(StringComparer.Ordinal);
        for (int i = 0; i < _parts.Count; i++)
        {
            foreach (LayerItem item in _parts[i].Items())
            {
                if (known is not null && known.TryGetValue(item.Name, out MergedEntry<T>? above))
                {
                    Cover(above, item, i);
                    continue;
                }
                var entry = new MergedEntry<T>(item.Name, item.Kind, item.IsWhiteout, _parts[i], i);
                known?.Add(item.Name, entry);
                if (!(item.IsWhiteout && IsClosed))
                {
                    entries.Add(entry);
                }
            }
        }
        entries.Sort(static (left, right) => PathText.ByteOrder.Compare(left.Name, right.Name));
        return entries;
    }

    /// <summary>A directory among the entries, joined in turn.</summary>
    public MergedDirectory<T> Enter(MergedEntry<T> entry) =>
        Join(Places(entry).Select(part => _parts[part].Enter(entry.Name)), IsClosed || entry.IsCut);

    public void Dispose() => _parts.ForEach(static part => part.Dispose());

    private static MergedDirectory<T> Join(IEnumerable<T> candidates, bool isClosed)
    {
        var parts = new List<T>();
        try
        {
            foreach (T part in candidates)
            {
                parts.Add(part);
                if (part.IsOpaque)
                {
                    isClosed = true;
                    break;
                }
            }
            return new MergedDirectory<T>(parts, isClosed);
        }
        catch
        {
            parts.ForEach(static part => part.Dispose());
            throw;
        }
    }

    private static void Cover(MergedEntry<T> above, LayerItem item, int part)
    {
        if (above.Kind != Trees.FileKind.Directory || above.IsCut)
        {
            return;
        }
        if (item.Kind == Trees.FileKind.Directory)
        {
            (above.Below ??= []).Add(part);
        }
        else
        {
            above.IsCut = true;
        }
    }

    private static IEnumerable<int> Places(MergedEntry<T> entry) => entry.Below is null ? [entry.Part] : [entry.Part, .. entry.Below];
}
