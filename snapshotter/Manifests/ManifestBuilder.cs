using Cairn.Snapshotter.Layers;
using Cairn.Snapshotter.Native;
using Cairn.Snapshotter.Trees;
using Microsoft.Win32.SafeHandles;

namespace Cairn.Snapshotter.Manifests;

/// <summary>Makes the manifest of a layer, and adds up what it takes, from what somebody's walk over its directory finds.</summary>
internal sealed class ManifestBuilder
{
    private const int Linked = -1;   // a link group without number yet

    private readonly UsageMeter _usage = new();
    private readonly Dictionary<ulong, ChangeEntry> _named = [];   // by inode, the first entry found of each file with more names, here or elsewhere
    private bool _hasGroups;

    /// <summary>Walks a whole change directory.</summary>
    /// <param name="root">Descriptor of it; a path descriptor serves.</param>
    /// <param name="cancellationToken">Stops the walk.</param>
    public static LayerSurvey Survey(SafeFileHandle root, CancellationToken cancellationToken)
    {
        var builder = new ManifestBuilder();
        using SafeFileHandle directory = Files.OpenAt(root, ".", Libc.O_RDONLY | Libc.O_DIRECTORY);
        return builder.Finish(directory, builder.Walk(directory, cancellationToken));
    }

    /// <summary>The entry of a name, and counts it.</summary>
    /// <param name="directory">Directory that holds it.</param>
    /// <param name="name">Its name.</param>
    /// <param name="status">Its status.</param>
    /// <param name="isOpaque">A directory that hides lower ones.</param>
    /// <param name="children">Entries in the directory; in any order.</param>
    public ChangeEntry Add(SafeFileHandle directory, string name, FileStatus status, bool isOpaque, List<ChangeEntry>? children)
    {
        _usage.Add(status);
        if (status.IsWhiteout)
        {
            return new ChangeEntry { Name = name, Operation = ChangeOperation.Whiteout, Kind = FileKind.CharacterDevice };
        }
        string target = status.IsSymlink ? Files.ReadLink(directory, name) : "";
        ChangeEntry entry = Entry(name, status, isOpaque, target, TreeAttributes.ReadInLayer(directory, name), children);
        if (status is { IsDirectory: false, LinkCount: > 1 } && !_named.TryAdd(status.Inode, entry))
        {
            _named[status.Inode].LinkGroup = entry.LinkGroup = Linked;
            _hasGroups = true;
        }
        return entry;
    }

    /// <summary>The whole, with its root.</summary>
    /// <param name="root">Open root directory.</param>
    /// <param name="children">Its entries; in any order.</param>
    public LayerSurvey Finish(SafeFileHandle root, List<ChangeEntry> children)
    {
        FileStatus status = Files.Status(root);
        _usage.Add(status);
        var manifest = new ChangeManifest(
            Entry("", status, TreeAttributes.IsOpaque(root), "", TreeAttributes.ReadInLayer(root, "."), children));
        if (_hasGroups)
        {
            NumberLinks(manifest.Root, []);
        }
        return new LayerSurvey(_usage.Usage, manifest);
    }

    private static ChangeEntry Entry(
        string name, FileStatus status, bool isOpaque, string target, IReadOnlyDictionary<string, byte[]> attributes, List<ChangeEntry>? children)
    {
        children?.Sort(static (left, right) => PathText.Compare(left.Name, right.Name));
        return new ChangeEntry
        {
            Name = name, Operation = isOpaque ? ChangeOperation.Opaque : ChangeOperation.Set, Kind = status.Kind, Mode = status.Mode,
            Uid = status.Uid, Gid = status.Gid, Size = status.IsRegular ? status.Size : 0, DeviceMajor = status.DeviceMajor,
            DeviceMinor = status.DeviceMinor, ModifiedNanoseconds = status.ModifiedNanoseconds, LinkTarget = target,
            Attributes = attributes.Count == 0 ? [] : [.. attributes], Children = children is null ? [] : [.. children], Inode = status.Inode,
        };
    }

    // In the order of the manifest, so that equal layers have equal numbers.
    private static void NumberLinks(ChangeEntry directory, Dictionary<ulong, int> numbers)
    {
        foreach (ChangeEntry entry in directory.Children)
        {
            if (entry.LinkGroup == Linked)
            {
                numbers.TryAdd(entry.Inode, numbers.Count + 1);
                entry.LinkGroup = numbers[entry.Inode];
            }
            NumberLinks(entry, numbers);
        }
    }

    private List<ChangeEntry> Walk(SafeFileHandle directory, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        List<ChangeEntry> entries = [];
        foreach (string name in Files.Names(directory))
        {
            FileStatus status = Files.Status(directory, name);
            if (!status.IsDirectory)
            {
                entries.Add(Add(directory, name, status, isOpaque: false, null));
                continue;
            }
            using SafeFileHandle child = Files.OpenAt(directory, name, Libc.O_RDONLY | Libc.O_DIRECTORY | Libc.O_NOFOLLOW);
            entries.Add(Add(directory, name, status, TreeAttributes.IsOpaque(child), Walk(child, cancellationToken)));
        }
        return entries;
    }
}
