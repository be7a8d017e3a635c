using System.Collections.Immutable;

namespace Cairn.Snapshotter.Tests.Model;

/// <summary>A directory of a tree.</summary>
public sealed record ModelDirectory(ImmutableSortedDictionary<string, ModelNode> Children, ModelMetadata Metadata) : ModelNode(Metadata)
{
    /// <summary>A tree with nothing in it.</summary>
    public static ModelDirectory Empty { get; } =
        new(ImmutableSortedDictionary.Create<string, ModelNode>(StringComparer.Ordinal), ModelMetadata.Of(0x1ed, 0));
}
