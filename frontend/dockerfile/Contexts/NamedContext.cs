using Cairn.Frontend.Dockerfile.Images;

namespace Cairn.Frontend.Dockerfile.Contexts;

/// <summary>A context given by name, loaded.</summary>
/// <param name="Context">Its tree.</param>
/// <param name="Image">Its image config; null when it is no image.</param>
internal sealed record NamedContext(ContextTree Context, ImageConfig? Image)
{
    public byte[]? ImageBytes { get; init; }
}
