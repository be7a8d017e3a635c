using Cairn.Llb;

namespace Cairn.Solver.Sources;

/// <summary>Asks for the config of an image.</summary>
/// <param name="Reference">Complete: registry, repository, and tag or digest. Of a layout: repository and digest.</param>
public sealed record ImageConfigRequest(string Reference)
{
    /// <summary>Which image of an index; null is the platform of the machine.</summary>
    public Platform? Platform { get; init; }

    /// <summary><c>default</c>, <c>pull</c> or <c>local</c>.</summary>
    public string ResolveMode { get; init; } = "default";

    /// <summary>Name of the vertex it is shown as; null is <c>resolve image config for SOURCE</c>.</summary>
    public string? LogName { get; init; }

    /// <summary>The layout of the client that has the image; null if a registry has it.</summary>
    public string? LayoutStore { get; init; }

    /// <summary>The session that has the layout; null is any of the build.</summary>
    public string? LayoutSession { get; init; }

    /// <summary>The identifier of the source op that would pull this image.</summary>
    public string SourceIdentifier => (LayoutStore is null ? "docker-image://" : "oci-layout://") + Reference;
}
