using Cairn.Cache.Refs;
using Cairn.Cache.Remote;
using Cairn.Llb;
using Cairn.Solver.Exporters;
using Cairn.Solver.Images;

namespace Cairn.Solver.Remote;

/// <summary>The documents of a cache in places that keep manifests: the config, and a manifest or an index that names it and the layers.</summary>
/// <param name="IsImage">An image manifest rather than an index.</param>
/// <param name="OciTypes">Media types of the OCI family.</param>
/// <remarks>Source: control-and-status.md, section 16.1.</remarks>
internal sealed record CacheDocuments(bool IsImage, bool OciTypes)
{
    /// <summary>Annotation of layers: digest of the uncompressed tar.</summary>
    public const string DiffIdKey = "containerd.io/uncompressed";

    /// <summary>Annotation of layers: when they were made.</summary>
    public const string CreatedKey = "buildkit/createdat";

    /// <summary>Annotation of layers: how they were made.</summary>
    public const string DescriptionKey = "buildkit/description";

    /// <summary>How the manifest is shown while it is written.</summary>
    public string Title => IsImage ? "writing cache image manifest " : "writing cache manifest ";

    /// <exception cref="BuildException">Input: the attributes contradict each other.</exception>
    public static CacheDocuments Read(ExportAttributes attributes)
    {
        bool ociTypes = attributes.Flag("oci-mediatypes", emptyIsTrue: true) ?? true;
        bool isImage = attributes.Flag("image-manifest", emptyIsTrue: true) ?? ociTypes;
        return !isImage || ociTypes
            ? new CacheDocuments(isImage, ociTypes)
            : throw ExportAttributes.Invalid(
                "invalid configuration for remote cache, OCI mediatypes are required for image-manifest cache format");
    }

    /// <summary>The config's bytes and descriptor.</summary>
    public static (Descriptor Descriptor, byte[] Bytes) Config(RemoteCache cache)
    {
        byte[] bytes = CacheConfigWriter.Write(cache.Config);
        return (CacheTransfer.Describe(CacheConfig.MediaType, bytes), bytes);
    }

    /// <summary>The document that names the config and all layers.</summary>
    public (Descriptor Descriptor, byte[] Bytes) Manifest(RemoteCache cache, Descriptor config)
    {
        Descriptor[] layers = [.. cache.Layers.Select(Describe)];
        var none = new Dictionary<string, string>(StringComparer.Ordinal);
        string type = IsImage ? MediaTypes.OciManifest : OciTypes ? MediaTypes.OciIndex : MediaTypes.DockerManifestList;
        byte[] bytes = IsImage
            ? ManifestWriter.Manifest(type, config, layers, none, compact: true)
            : ManifestWriter.Index(type, [.. layers, config], none, compact: true);
        return (CacheTransfer.Describe(type, bytes), bytes);
    }

    private Descriptor Describe(LayerBlob layer)
    {
        string type = MediaTypes.ToDistributable(layer.Descriptor.MediaType);
        Descriptor descriptor = (layer.Descriptor with { MediaType = OciTypes ? MediaTypes.ToOci(type) : MediaTypes.ToDocker(type) })
            .WithAnnotation(DiffIdKey, layer.DiffId.ToString());
        return layer.CreatedAt is { } created ? descriptor.WithAnnotation(CreatedKey, GoTime.Format(created)) : descriptor;
    }
}
