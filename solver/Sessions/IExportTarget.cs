namespace Cairn.Solver.Sessions;

/// <summary>Where the exporters of a build leave what the client wants to have.</summary>
public interface IExportTarget
{
    /// <summary>Writes the one file of an exporter, mostly an archive. It is in place, whole, when the call returns; if writing fails, nothing is left.</summary>
    /// <param name="export">Index of the exporter in the request.</param>
    /// <param name="response">What the exporter has to say of the file (image name, digest).</param>
    /// <param name="write">Writes the file. The stream cannot seek, and is not disposed by who writes.</param>
    /// <param name="cancellationToken">Stops the writing.</param>
    /// <returns>False if the client has it already and took nothing.</returns>
    Task<bool> WriteFileAsync(
        int export,
        IReadOnlyDictionary<string, string> response,
        Func<Stream, CancellationToken, Task> write,
        CancellationToken cancellationToken);

    /// <summary>The directory on this host that an exporter of directories fills; null if the client is remote or gave none.</summary>
    string? DirectoryOf(int export);

    /// <summary>Sends a tree to the directory of a remote client; asked for only where <see cref="DirectoryOf"/> is null.</summary>
    /// <param name="export">Index of the exporter in the request.</param>
    /// <param name="isComplete">The one tree of this export: a client may delete what is not in it.</param>
    /// <param name="tree">What to send.</param>
    /// <param name="cancellationToken">Stops the transfer.</param>
    /// <exception cref="Cairn.Llb.BuildException">The client takes no directory, or the transfer failed.</exception>
    Task SendTreeAsync(int export, bool isComplete, ISentTree tree, CancellationToken cancellationToken);

    /// <summary>The client's store for the blobs of an image layout; asked for only where <see cref="DirectoryOf"/> is null. Null if it has none.</summary>
    IBlobTarget? BlobsOf(int export);
}
