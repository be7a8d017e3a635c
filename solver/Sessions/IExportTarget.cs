namespace Cairn.Solver.Sessions;

/// <summary>Where the exporters of a build leave what the client wants to have.</summary>
public interface IExportTarget
{
    /// <summary>One file of an exporter, mostly an archive. It is in place, whole, after it was disposed; nothing is left of it before that.</summary>
    /// <param name="export">Index of the exporter in the request.</param>
    /// <param name="response">What the exporter has to say of the file (image name, digest).</param>
    /// <param name="cancellationToken">Stops opening.</param>
    Task<Stream> OpenFileAsync(int export, IReadOnlyDictionary<string, string> response, CancellationToken cancellationToken);

    /// <summary>The directory on this host that an exporter of directories fills; null if the client is remote or gave none.</summary>
    string? DirectoryOf(int export);
}
