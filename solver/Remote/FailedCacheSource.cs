using Cairn.Solver.Keys;
using Cairn.Solver.Progress;
using Cairn.Solver.Sessions;

namespace Cairn.Solver.Remote;

/// <summary>An import that was asked for in a way that cannot be.</summary>
internal sealed class FailedCacheSource(string id, Exception error) : ICacheSource
{
    public string Id => id;

    public Task<IReadOnlyList<ImportedKey>> LoadAsync(
        ISessionGroup sessions, SolverServices services, IVertexProgress progress, CancellationToken cancellationToken) =>
        Task.FromException<IReadOnlyList<ImportedKey>>(error);
}
