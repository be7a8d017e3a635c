using Cairn.Llb;
using Cairn.Solver;
using Cairn.Solver.Keys;
using Cairn.Solver.Progress;
using Cairn.Solver.Sessions;

namespace Cairn.Integration.Tests.Explain;

/// <summary>An imported cache that has nothing, or cannot be read.</summary>
/// <param name="id">Its name.</param>
/// <param name="fault">Why it cannot be read; null if it can.</param>
internal sealed class PlantedImport(string id, string? fault) : ICacheSource
{
    public string Id => id;

    public Task<IReadOnlyList<ImportedKey>> LoadAsync(
        ISessionGroup sessions, SolverServices services, IVertexProgress progress, CancellationToken cancellationToken) => fault is null
        ? Task.FromResult<IReadOnlyList<ImportedKey>>([])
        : throw new BuildException(ErrorKind.Environment, string.Empty, string.Empty, fault);
}
