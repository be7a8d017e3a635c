namespace Cairn.Solver.Sessions;

/// <summary>Where the exporters of a build leave what the client wants to have.</summary>
public interface IExportTarget
{
    /// <summary>Writes the one file of an exporter, mostly an archive. It is in place, whole, when the call returns; if writing fails, nothing is left.</summary>
    /// <param name="export">Index of the exporter in the request.</param>
    /// <param name="response">What the exporter has to say of the file (image name, digest).</param>
    /// <param name="write">Writes the file. The stream cannot seek, and is not disposed by who writes.</param>
    /// <param name="cancellationToken">Stops the writing.</param>
    Task WriteFileAsync(
        int export,
        IReadOnlyDictionary<string, string> response,
        Func<Stream, CancellationToken, Task> write,
        CancellationToken cancellationToken);

    /// <summary>The directory on this host that an exporter of directories fills; null if the client is remote or gave none.</summary>
    string? DirectoryOf(int export);
}
