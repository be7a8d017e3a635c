using Cairn.Llb;
using Cairn.Solver.Registry;

namespace Cairn.Solver.Exporters;

/// <summary>Exporter <c>image</c>, which <c>registry</c> is with <c>push=true</c>.</summary>
internal sealed class ImageExporterKind(RegistryClient registry) : IExporterKind
{
    public bool Handles(string type) => type is "image" or "registry";

    public IExporter Create(ExportSpec spec)
    {
        ImageExportOptions options = ImageExportOptions.Parse(spec.Attributes);
        if (spec.Type == "registry")
        {
            options = options with { Push = true };
        }

        if (options.Push && options.Names.Count == 0 && !options.NameFromResult)
        {
            throw new BuildException(ErrorKind.Input, "push image", "", "it has no name", "Give name=REGISTRY/REPOSITORY:TAG, or -t.");
        }

        return new ImageExporter(registry, options);
    }
}
