using Cairn.Frontend.Dockerfile.Graphs;
using Cairn.Llb;

namespace Cairn.Frontend.Dockerfile.Contexts;

/// <summary>Makes the source of an image in a registry.</summary>
internal static class ImageSource
{
    public static SourceNode Create(ImageReference reference, Platform platform, string resolveMode, NodeNotes notes)
    {
        var node = new SourceNode($"docker-image://{reference}", notes) { Platform = platform };
        node.Capabilities.Add("source.image");
        if (resolveMode != "default")
        {
            node.With("image.resolvemode", resolveMode, "source.image.resolvemode");
        }
        return node;
    }
}
