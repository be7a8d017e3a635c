using Cairn.Llb;

namespace Cairn.Solver.Images;

/// <summary>Several images under one name, usually one for each platform.</summary>
/// <remarks>Source: OCI image-spec, image-index.md.</remarks>
public sealed record ImageIndex(string MediaType, IReadOnlyList<Descriptor> Manifests)
{
    private const string ReferenceType = "vnd.docker.reference.type";

    /// <summary>The image that serves a platform best; null if none does.</summary>
    /// <remarks>Entries that describe other entries (attestations) are not images. An entry without platform serves when it is the only image.</remarks>
    public Descriptor? Select(Platform platform)
    {
        ArgumentNullException.ThrowIfNull(platform);
        List<Descriptor> images = [.. Manifests.Where(IsImage)];
        return platform.Select(images, image => image.Platform) ?? (images is [{ Platform: null } only] ? only : null);
    }

    /// <summary>The platforms on offer, as text, for messages.</summary>
    public string Offer => string.Join(", ", Manifests.Where(IsImage).Select(image => image.Platform?.ToString() ?? "unknown platform"));

    private static bool IsImage(Descriptor entry) =>
        !entry.Annotations.ContainsKey(ReferenceType)
        && entry.Platform is not { Os: "unknown", Architecture: "unknown" };
}
