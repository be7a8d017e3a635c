using Cairn.Snapshotter.Merging;
using Cairn.Snapshotter.Trees;

namespace Cairn.Snapshotter.Tests.Model;

/// <summary>A directory of a layer of the model, for the product's merging.</summary>
internal sealed class ModelLayerDirectory(ModelLayer layer) : ILayerDirectory<ModelLayerDirectory>
{
    public ModelLayer Layer => layer;

    public bool IsOpaque => layer.IsOpaque;

    public IReadOnlyList<LayerItem> Items() => [.. layer.Children.Select(static pair => pair.Value switch
    {
        ModelWhiteout => new LayerItem(pair.Key, FileKind.CharacterDevice, true),
        ModelPut put => new LayerItem(pair.Key, put.File.Kind, false),
        _ => new LayerItem(pair.Key, FileKind.Directory, false),
    })];

    public ModelLayerDirectory Enter(string name) => new((ModelLayer)layer.Children[name]);

    public void Dispose()
    {
        // Nothing is open.
    }

    /// <summary>What the product makes of a stack, topmost layer last, as a layer: whiteouts and opaque marks as far as they matter below.</summary>
    public static ModelLayer Merge(IReadOnlyList<ModelLayer> layers, bool isBottom)
    {
        using var merged = MergedDirectory<ModelLayerDirectory>.Open(
            layers.Reverse().Select(static layer => new ModelLayerDirectory(layer)), isBottom);
        return Merge(merged, isBottom);
    }

    private static ModelLayer Merge(MergedDirectory<ModelLayerDirectory> merged, bool isClosedAbove)
    {
        ModelLayer result = ModelLayer.Nothing with
        {
            Metadata = merged.Top.Layer.Metadata,
            IsOpaque = merged.IsClosed && !isClosedAbove,
        };
        foreach (MergedEntry<ModelLayerDirectory> entry in merged.Entries())
        {
            ModelChange change;
            if (entry.Kind == FileKind.Directory)
            {
                using MergedDirectory<ModelLayerDirectory> child = merged.Enter(entry);
                change = Merge(child, merged.IsClosed);
            }
            else
            {
                change = entry.Directory.Layer.Children[entry.Name];
            }
            result = result with { Children = result.Children.SetItem(entry.Name, change) };
        }
        return result;
    }
}
