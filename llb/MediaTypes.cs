namespace Cairn.Llb;

/// <summary>Media types of images and their parts, in the OCI and the Docker spelling.</summary>
/// <remarks>Source: OCI image-spec, media-types.md; distribution, manifest v2 schema 2.</remarks>
public static class MediaTypes
{
    /// <summary>OCI image index.</summary>
    public const string OciIndex = "application/vnd.oci.image.index.v1+json";

    /// <summary>OCI image manifest.</summary>
    public const string OciManifest = "application/vnd.oci.image.manifest.v1+json";

    /// <summary>OCI image config.</summary>
    public const string OciConfig = "application/vnd.oci.image.config.v1+json";

    /// <summary>OCI layer, uncompressed tar.</summary>
    public const string OciLayer = "application/vnd.oci.image.layer.v1.tar";

    /// <summary>OCI layer, tar in gzip.</summary>
    public const string OciLayerGzip = "application/vnd.oci.image.layer.v1.tar+gzip";

    /// <summary>OCI layer, tar in zstd.</summary>
    public const string OciLayerZstd = "application/vnd.oci.image.layer.v1.tar+zstd";

    /// <summary>OCI layer that may not be pushed, uncompressed tar.</summary>
    public const string OciForeignLayer = "application/vnd.oci.image.layer.nondistributable.v1.tar";

    /// <summary>OCI layer that may not be pushed, tar in gzip.</summary>
    public const string OciForeignLayerGzip = "application/vnd.oci.image.layer.nondistributable.v1.tar+gzip";

    /// <summary>OCI layer that may not be pushed, tar in zstd.</summary>
    public const string OciForeignLayerZstd = "application/vnd.oci.image.layer.nondistributable.v1.tar+zstd";

    /// <summary>The empty JSON object as a config.</summary>
    public const string OciEmpty = "application/vnd.oci.empty.v1+json";

    /// <summary>Docker manifest list.</summary>
    public const string DockerManifestList = "application/vnd.docker.distribution.manifest.list.v2+json";

    /// <summary>Docker image manifest.</summary>
    public const string DockerManifest = "application/vnd.docker.distribution.manifest.v2+json";

    /// <summary>Docker image config.</summary>
    public const string DockerConfig = "application/vnd.docker.container.image.v1+json";

    /// <summary>Docker layer, uncompressed tar.</summary>
    public const string DockerLayer = "application/vnd.docker.image.rootfs.diff.tar";

    /// <summary>Docker layer, tar in gzip.</summary>
    public const string DockerLayerGzip = "application/vnd.docker.image.rootfs.diff.tar.gzip";

    /// <summary>Docker layer, tar in zstd.</summary>
    public const string DockerLayerZstd = "application/vnd.docker.image.rootfs.diff.tar.zstd";

    /// <summary>Docker layer that may not be pushed, uncompressed tar.</summary>
    public const string DockerForeignLayer = "application/vnd.docker.image.rootfs.foreign.diff.tar";

    /// <summary>Docker layer that may not be pushed, tar in gzip.</summary>
    public const string DockerForeignLayerGzip = "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip";

    /// <summary>An in-toto statement about an image.</summary>
    public const string InToto = "application/vnd.in-toto+json";

    /// <summary>A list of manifests, one per platform.</summary>
    public static bool IsIndex(string mediaType) => mediaType is OciIndex or DockerManifestList;

    /// <summary>A manifest of one image.</summary>
    public static bool IsManifest(string mediaType) => mediaType is OciManifest or DockerManifest;

    /// <summary>The config of an image.</summary>
    public static bool IsConfig(string mediaType) => mediaType is OciConfig or DockerConfig;

    /// <summary>A layer in any compression.</summary>
    public static bool IsLayer(string mediaType) => mediaType is OciLayer or DockerLayer or OciForeignLayer or DockerForeignLayer
        || IsGzipLayer(mediaType) || IsZstdLayer(mediaType);

    /// <summary>A layer in gzip.</summary>
    public static bool IsGzipLayer(string mediaType) =>
        mediaType is OciLayerGzip or DockerLayerGzip or OciForeignLayerGzip or DockerForeignLayerGzip;

    /// <summary>A layer in zstd.</summary>
    public static bool IsZstdLayer(string mediaType) => mediaType is OciLayerZstd or DockerLayerZstd or OciForeignLayerZstd;

    /// <summary>A layer that may not be pushed.</summary>
    public static bool IsForeignLayer(string mediaType) =>
        mediaType is OciForeignLayer or OciForeignLayerGzip or OciForeignLayerZstd or DockerForeignLayer or DockerForeignLayerGzip;

    /// <summary>The type of a layer that may be pushed, of the same family; other types are returned as they are.</summary>
    public static string ToDistributable(string mediaType) => mediaType switch
    {
        OciForeignLayer => OciLayer,
        OciForeignLayerGzip => OciLayerGzip,
        OciForeignLayerZstd => OciLayerZstd,
        DockerForeignLayer => DockerLayer,
        DockerForeignLayerGzip => DockerLayerGzip,
        _ => mediaType,
    };

    /// <summary>The Docker spelling of an OCI type; other types are returned as they are.</summary>
    public static string ToDocker(string mediaType) => mediaType switch
    {
        OciIndex => DockerManifestList,
        OciManifest => DockerManifest,
        OciConfig => DockerConfig,
        OciLayer => DockerLayer,
        OciLayerGzip => DockerLayerGzip,
        OciLayerZstd => DockerLayerZstd,
        OciForeignLayer => DockerForeignLayer,
        OciForeignLayerGzip => DockerForeignLayerGzip,
        _ => mediaType,
    };

    /// <summary>The OCI spelling of a Docker type; other types are returned as they are.</summary>
    public static string ToOci(string mediaType) => mediaType switch
    {
        DockerManifestList => OciIndex,
        DockerManifest => OciManifest,
        DockerConfig => OciConfig,
        DockerLayer => OciLayer,
        DockerLayerGzip => OciLayerGzip,
        DockerLayerZstd => OciLayerZstd,
        DockerForeignLayer => OciForeignLayer,
        DockerForeignLayerGzip => OciForeignLayerGzip,
        _ => mediaType,
    };
}
