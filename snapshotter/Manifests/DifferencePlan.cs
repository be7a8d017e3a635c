using Cairn.Snapshotter.Layers;
using Cairn.Snapshotter.Merging;
using Cairn.Snapshotter.Trees;

namespace Cairn.Snapshotter.Manifests;

/// <summary>
/// What turns the tree of one stack of layers into the tree of another, found in manifests. Nothing is mounted or listed, and files are read
/// only where all that is known of two of them is equal and nobody has recorded what is in them.
/// </summary>
internal sealed class DifferencePlan
{
    private readonly HashSet<(ManifestLayer, int)> _changedGroups = [];   // groups of names of which one at least is new or changed
    private readonly HashSet<(ManifestLayer, int)> _wholeGroups;          // groups that are told as a whole
    private readonly HashSet<(ManifestLayer, int)> _keptGroups = [];      // groups with a name that did not change
    private readonly CancellationToken _cancellation;

    private DifferencePlan(HashSet<(ManifestLayer, int)> wholeGroups, CancellationToken cancellationToken)
    {
        _wholeGroups = wholeGroups;
        _cancellation = cancellationToken;
    }

    /// <summary>Makes the plan: the root directory as it shall be, with what changed below it.</summary>
    /// <param name="before">Layers of the first tree, bottom first.</param>
    /// <param name="after">Layers of the second tree, bottom first.</param>
    /// <param name="cancellationToken">Stops the work.</param>
    public static PlannedChange Make(
        IReadOnlyList<ManifestLayer> before, IReadOnlyList<ManifestLayer> after, CancellationToken cancellationToken)
    {
        var plan = new DifferencePlan([], cancellationToken);
        PlannedChange root = plan.Compare(before, after);
        plan._changedGroups.IntersectWith(plan._keptGroups);
        // A name that was added to a file takes the file's other names along, or what is unpacked from the difference would be two files.
        return plan._changedGroups.Count == 0 ? root : new DifferencePlan(plan._changedGroups, cancellationToken).Compare(before, after);
    }

    private PlannedChange Compare(IReadOnlyList<ManifestLayer> before, IReadOnlyList<ManifestLayer> after)
    {
        using MergedDirectory<ManifestDirectory> old = ManifestDirectory.Join(before);
        using MergedDirectory<ManifestDirectory> now = ManifestDirectory.Join(after);
        return new PlannedChange("", now.Top.Entry, now.Top.Layer, "", Compare(old, now));
    }

    private List<PlannedChange> Compare(MergedDirectory<ManifestDirectory> before, MergedDirectory<ManifestDirectory> after)
    {
        _cancellation.ThrowIfCancellationRequested();
        Dictionary<string, MergedEntry<ManifestDirectory>> old =
            before.Entries().ToDictionary(static entry => entry.Name, StringComparer.Ordinal);
        List<PlannedChange> changes = [];
        foreach (MergedEntry<ManifestDirectory> entry in after.Entries())
        {
            PlannedChange? change = old.Remove(entry.Name, out MergedEntry<ManifestDirectory>? earlier)
                ? Compare(before, earlier, after, entry)
                : Add(after, entry);
            if (change is not null)
            {
                changes.Add(change);
            }
        }
        changes.AddRange(old.Keys.Select(static name => new PlannedChange(name, null, null, "", [])));
        return changes;
    }

    private PlannedChange? Compare(
        MergedDirectory<ManifestDirectory> before, MergedEntry<ManifestDirectory> old,
        MergedDirectory<ManifestDirectory> after, MergedEntry<ManifestDirectory> now)
    {
        ChangeEntry earlier = old.Directory.Child(old.Name);
        ChangeEntry entry = now.Directory.Child(now.Name);
        if (now.Kind == FileKind.Directory && old.Kind == FileKind.Directory)
        {
            using MergedDirectory<ManifestDirectory> left = before.Enter(old);
            using MergedDirectory<ManifestDirectory> right = after.Enter(now);
            List<PlannedChange> children = Compare(left, right);
            return children.Count == 0 && TreeComparison.HasEqualMetadata(earlier, entry) ? null : Change(now, entry, children);
        }
        if (now.Kind == FileKind.Directory || !IsSame(old, earlier, now, entry))
        {
            return Add(after, now);
        }
        if (entry.LinkGroup != 0)
        {
            _keptGroups.Add((now.Directory.Layer, entry.LinkGroup));
            if (_wholeGroups.Contains((now.Directory.Layer, entry.LinkGroup)))
            {
                return Change(now, entry, []);
            }
        }
        return null;
    }

    private PlannedChange Add(MergedDirectory<ManifestDirectory> parent, MergedEntry<ManifestDirectory> added)
    {
        ChangeEntry entry = added.Directory.Child(added.Name);
        if (added.Kind != FileKind.Directory)
        {
            if (entry.LinkGroup != 0)
            {
                _changedGroups.Add((added.Directory.Layer, entry.LinkGroup));
            }
            return Change(added, entry, []);
        }
        using MergedDirectory<ManifestDirectory> directory = parent.Enter(added);
        return Change(added, entry, [.. directory.Entries().Select(child => Add(directory, child))]);
    }

    private bool IsSame(
        MergedEntry<ManifestDirectory> old, ChangeEntry earlier, MergedEntry<ManifestDirectory> now, ChangeEntry entry)
    {
        if (ReferenceEquals(earlier, entry))
        {
            return true;   // the same file of the same layer
        }
        if (!TreeComparison.HasEqualMetadata(earlier, entry))
        {
            return false;
        }
        if (!entry.IsRegular || entry.Size == 0)
        {
            return true;
        }
        return old.Directory.Layer.TryHash(earlier) is { } left && now.Directory.Layer.TryHash(entry) is { } right
            ? left == right
            : TreeComparison.HasEqualContent(
                old.Directory.Layer.Root, old.Directory.PathOf(old.Name), now.Directory.Layer.Root, now.Directory.PathOf(now.Name), _cancellation);
    }

    private static PlannedChange Change(MergedEntry<ManifestDirectory> merged, ChangeEntry entry, IReadOnlyList<PlannedChange> children) =>
        new(merged.Name, entry, merged.Directory.Layer, merged.Directory.PathOf(merged.Name), children);
}
