using Cairn.Cache;
using Cairn.Solver.Progress;
using Cairn.Solver.Sessions;

namespace Cairn.Solver.Sources;

/// <summary>Finds digest and config of an image without pulling layers.</summary>
public interface IImageResolver
{
    /// <summary>Resolves one image.</summary>
    /// <exception cref="Cairn.Llb.BuildException">The image cannot be found or read; the message names image and registry.</exception>
    Task<ResolvedImageConfig> ResolveAsync(
        ImageConfigRequest request, ISessionGroup sessions, BuildCache cache, IVertexProgress progress, CancellationToken cancellationToken);
}
