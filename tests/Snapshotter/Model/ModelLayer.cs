using System.Collections.Immutable;

namespace Cairn.Snapshotter.Tests.Model;

/// <summary>The name is a directory with this metadata, in which these names change.</summary>
/// <param name="IsOpaque">Nothing that was in the directory is left.</param>
/// <param name="Children">Changes in it.</param>
/// <param name="Metadata">What the directory has.</param>
public sealed record ModelLayer(
    bool IsOpaque, ImmutableSortedDictionary<string, ModelChange> Children, ModelMetadata Metadata) : ModelChange
{
    /// <summary>A layer that changes nothing.</summary>
    public static ModelLayer Nothing { get; } =
        new(false, ImmutableSortedDictionary.Create<string, ModelChange>(StringComparer.Ordinal), ModelMetadata.Of(0x1ed, 0));

    /// <summary>A line for each change, for whoever reads of a failure.</summary>
    public override string ToString() => (IsOpaque ? "/ opaque\n" : "") + Lines("");

    private string Lines(string path) => string.Concat(Children.Select(pair => pair.Value switch
    {
        ModelWhiteout => $"-{path}/{pair.Key}\n",
        ModelPut put => $"{path}/{pair.Key} {put.File.Kind} {put.File.Content}{(put.File.Group is null ? "" : " (linked)")}\n",
        ModelLayer child => $"{path}/{pair.Key}/{(child.IsOpaque ? " opaque" : "")}\n{child.Lines($"{path}/{pair.Key}")}",
        _ => "",
    }));

    /// <summary>The same layer that says something more about a path.</summary>
    public ModelLayer With(string path, ModelChange change)
    {
        string[] parts = path.Split('/', 2, StringSplitOptions.RemoveEmptyEntries);
        if (parts.Length == 1)
        {
            return this with { Children = Children.SetItem(parts[0], change) };
        }
        var below = Children.GetValueOrDefault(parts[0]) as ModelLayer;
        return this with { Children = Children.SetItem(parts[0], (below ?? Nothing).With(parts[1], change)) };
    }
}
