namespace Cairn.Snapshotter.Tests.Model;

/// <summary>What a tree has under a name.</summary>
public abstract record ModelNode(ModelMetadata Metadata);
