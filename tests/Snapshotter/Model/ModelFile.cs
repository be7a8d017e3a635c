using Cairn.Snapshotter.Trees;

namespace Cairn.Snapshotter.Tests.Model;

/// <summary>Anything but a directory.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Content">Content of a regular file, target of a link, "major,minor" of a device.</param>
/// <param name="Group">Names with the same object here are names of one file; null for a file with one name.</param>
/// <param name="Metadata">The rest.</param>
public sealed record ModelFile(FileKind Kind, string Content, object? Group, ModelMetadata Metadata) : ModelNode(Metadata);
