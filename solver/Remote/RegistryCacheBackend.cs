using Cairn.Llb;
using Cairn.Solver.Exporters;
using Cairn.Solver.Keys;
using Cairn.Solver.Registry;

namespace Cairn.Solver.Remote;

/// <summary>Caches in registries, as manifests or indexes beside the images.</summary>
/// <remarks>Source: control-and-status.md, section 16.1.</remarks>
internal sealed class RegistryCacheBackend(RegistryClient registry) : ICacheBackend
{
    public string Type => "registry";

    public ICacheTarget Target(CacheSpec spec)
    {
        var attributes = new ExportAttributes(spec.Attributes);
        return new RegistryCacheTarget(registry, Reference(attributes), IsInsecure(attributes), CacheDocuments.Read(attributes));
    }

    public ICacheSource Source(CacheSpec spec)
    {
        var attributes = new ExportAttributes(spec.Attributes);
        ImageReference reference = Reference(attributes);
        return new RegistryCacheSource(registry, attributes.Text("ref")!, reference, IsInsecure(attributes));
    }

    private static ImageReference Reference(ExportAttributes attributes)
    {
        string text = attributes.Text("ref") is { Length: > 0 } given ? given : throw ExportAttributes.Invalid("missing ref");
        ImageReference reference = ImageReference.Parse(text);
        return reference.Tag is null && reference.Digest is null ? reference.WithTag(ImageReference.DefaultTag) : reference;
    }

    private static bool IsInsecure(ExportAttributes attributes) => attributes.Flag("registry.insecure", emptyIsTrue: true) ?? false;
}
