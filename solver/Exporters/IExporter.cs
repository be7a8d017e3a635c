namespace Cairn.Solver.Exporters;

/// <summary>Carries the result of a build out of the store.</summary>
public interface IExporter
{
    /// <summary>Name of the vertex it is shown as, for instance <c>exporting to oci image format</c>.</summary>
    string Name { get; }

    /// <summary>Does it. Everything the result needs stays in the store until all exporters of the build have returned.</summary>
    /// <returns>Entries of the build's response (<c>containerimage.digest</c> …).</returns>
    Task<IReadOnlyDictionary<string, string>> ExportAsync(ExportRequest request, CancellationToken cancellationToken);
}
