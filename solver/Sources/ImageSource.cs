using Cairn.Llb;
using Cairn.Protos.Pb;
using Cairn.Solver.Images;
using Cairn.Solver.Registry;

namespace Cairn.Solver.Sources;

/// <summary><c>docker-image://</c>: images in registries.</summary>
/// <remarks>Source: llb-semantics.md, section 6.1.</remarks>
internal sealed class ImageSource(RegistryClient registry) : ISource
{
    public bool Handles(string scheme) => scheme == "docker-image";

    public ISourceInstance Open(SourceOp source, Llb.Platform? platform)
    {
        var attributes = new SourceAttributes(source);
        ImageReference reference = ImageReference.ParseComplete(attributes.Rest);
        string mode = attributes.Text("image.resolvemode") ?? "default";
        if (mode is not ("default" or "pull" or "local"))
        {
            throw attributes.Invalid("image.resolvemode", $"\"{mode}\" is none of default, pull, local");
        }

        return new ImageSourceInstance(
            context => new RegistryImage(SessionAccess.Repository(registry, reference, context.Sessions, context.Progress), reference),
            platform ?? Llb.Platform.Default,
            new ImageSourceOptions
            {
                LayerLimit = attributes.Positive("image.layerlimit"),
                Checksum = ImageSourceOptions.ReadChecksum(attributes, "image.checksum"),
                RecordType = attributes.Text("image.recordtype") ?? Cache.Refs.RefDescription.Regular,
            });
    }
}
