using Cairn.Solver.Progress;
using Cairn.Solver.Sessions;

namespace Cairn.Solver.Keys;

/// <summary>A cache that was exported somewhere, and that a build imports: asked where the store has nothing.</summary>
public interface ICacheSource
{
    /// <summary>Names it, for people and to tell it from others: kind and place, as <c>registry:host/name:tag</c>.</summary>
    string Id { get; }

    /// <summary>Reads its keys. Called at most once for each build, when the store first lacks something; no layer is fetched.</summary>
    /// <param name="sessions">The client of the build.</param>
    /// <param name="services">The engine.</param>
    /// <param name="progress">Shown as <c>importing cache manifest from …</c>.</param>
    /// <param name="cancellationToken">Given when the build ends.</param>
    /// <returns>All keys, in an order of the source's own; <see cref="KeyAlternative.Key"/> counts in it. Empty for a cache that does not exist yet.</returns>
    /// <exception cref="Cairn.Llb.BuildException">It cannot be read: for this build it has nothing.</exception>
    Task<IReadOnlyList<ImportedKey>> LoadAsync(
        ISessionGroup sessions, SolverServices services, IVertexProgress progress, CancellationToken cancellationToken);
}
