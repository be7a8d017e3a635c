using Cairn.Llb;
using Cairn.Solver.Progress;
using Cairn.Solver.Registry;

namespace Cairn.Solver.Exporters;

/// <summary>Makes an image and, if asked, pushes it to registries.</summary>
/// <remarks>Source: control-and-status.md, sections 6 and 10. There is no image store here, so what is not pushed leaves only its digests.</remarks>
internal sealed class ImageExporter(RegistryClient registry, ImageExportOptions options) : IExporter
{
    public string Name => "exporting to image";

    public async Task<IReadOnlyDictionary<string, string>> ExportAsync(ExportRequest request, CancellationToken cancellationToken)
    {
        IReadOnlyList<ImageReference> names = ImageResponse.Names(request, options);
        if (options.Unpack)
        {
            request.Progress.Warn(BuildWarning.Plain("unpack has no effect: there is no image store to unpack into"));
        }

        AssembledImage image = await new ImageAssembler(request, options).AssembleAsync(cancellationToken);
        if (options.Push)
        {
            var push = new ImagePush(registry, request, options);
            foreach (ImageReference name in names)
            {
                await push.PushAsync(image, name, cancellationToken);
            }
        }

        return ImageResponse.Of(image, [.. names.Select(name => options.PushByDigest ? name.Name : name.ToString())]);
    }
}
