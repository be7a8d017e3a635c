using System.Collections.Immutable;

namespace Cairn.Snapshotter.Tests.Model;

/// <summary>What layers mean, said once in memory, without any code of the product: later layers win, directories join, deletions hold.</summary>
public static class ModelRules
{
    /// <summary>The tree that a layer makes of another.</summary>
    public static ModelDirectory Apply(ModelDirectory? below, ModelLayer layer)
    {
        ImmutableSortedDictionary<string, ModelNode> children =
            below is null || layer.IsOpaque ? ModelDirectory.Empty.Children : below.Children;
        foreach ((string name, ModelChange change) in layer.Children)
        {
            children = change switch
            {
                ModelWhiteout => children.Remove(name),
                ModelPut put => children.SetItem(name, put.File),
                ModelLayer directory => children.SetItem(name, Apply(children.GetValueOrDefault(name) as ModelDirectory, directory)),
                _ => throw new ArgumentException("no such change", nameof(layer)),
            };
        }
        return new ModelDirectory(children, layer.Metadata);
    }

    /// <summary>The tree of a list of layers, bottom first.</summary>
    public static ModelDirectory Merge(IEnumerable<ModelLayer> layers) => layers.Aggregate(ModelDirectory.Empty, Apply);

    /// <summary>What turns one tree into another: deletions of what is gone, what is new or different, and directories on the way.</summary>
    /// <returns>Null if nothing differs.</returns>
    public static ModelLayer? Diff(ModelDirectory lower, ModelDirectory upper)
    {
        ImmutableSortedDictionary<string, ModelChange> changes = ModelLayer.Nothing.Children;
        foreach (string gone in lower.Children.Keys.Where(name => !upper.Children.ContainsKey(name)))
        {
            changes = changes.SetItem(gone, new ModelWhiteout());
        }
        foreach ((string name, ModelNode node) in upper.Children)
        {
            ModelNode? before = lower.Children.GetValueOrDefault(name);
            ModelChange? change = (node, before) switch
            {
                (ModelDirectory after, ModelDirectory directory) => Diff(directory, after),
                (ModelDirectory after, _) => Whole(after),
                (ModelFile after, ModelFile file) when after with { Group = null } == file with { Group = null }
                    && after.Group is null && file.Group is null => null,
                (ModelFile after, _) => new ModelPut(after),
                _ => throw new ArgumentException("no such node", nameof(upper)),
            };
            changes = change is null ? changes : changes.SetItem(name, change);
        }
        return changes.IsEmpty && lower.Metadata == upper.Metadata ? null : new ModelLayer(false, changes, upper.Metadata);
    }

    /// <summary>A layer that makes the directory out of nothing.</summary>
    public static ModelLayer Whole(ModelDirectory directory) => new(
        false,
        directory.Children.ToImmutableSortedDictionary(
            static pair => pair.Key,
            static pair => pair.Value is ModelDirectory child ? Whole(child) : (ModelChange)new ModelPut((ModelFile)pair.Value),
            StringComparer.Ordinal),
        directory.Metadata);
}
