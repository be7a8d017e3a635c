using Cairn.Llb;

namespace Cairn.Solver.Sessions;

/// <summary>Results go to files, directories or streams of this machine.</summary>
/// <param name="destinations">By index of the exporter; exporters that leave nothing with the client have an empty entry.</param>
public sealed class ExportPaths(IReadOnlyList<ExportDestination> destinations) : IExportTarget
{
    /// <inheritdoc/>
    public Task<Stream> OpenFileAsync(int export, IReadOnlyDictionary<string, string> response, CancellationToken cancellationToken)
    {
        ExportDestination destination = Find(export);
        if (destination.Output is { } output)
        {
            return Task.FromResult(output);
        }

        return destination.File is { } file
            ? Task.FromResult<Stream>(WholeFile.Create(file))
            : throw new BuildException(
                ErrorKind.Input, "export", "result", "the exporter writes a file, and none is given", "Name one with dest=FILE.");
    }

    /// <inheritdoc/>
    public string? DirectoryOf(int export) => Find(export).Directory;

    private ExportDestination Find(int export) => export >= 0 && export < destinations.Count ? destinations[export] : new ExportDestination();
}
