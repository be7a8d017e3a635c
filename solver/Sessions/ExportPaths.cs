using Cairn.Llb;

namespace Cairn.Solver.Sessions;

/// <summary>Results go to files, directories or streams of this machine.</summary>
/// <param name="destinations">By index of the exporter; exporters that leave nothing with the client have an empty entry.</param>
public sealed class ExportPaths(IReadOnlyList<ExportDestination> destinations) : IExportTarget
{
    /// <inheritdoc/>
    public async Task<bool> WriteFileAsync(
        int export,
        IReadOnlyDictionary<string, string> response,
        Func<Stream, CancellationToken, Task> write,
        CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(write);
        ExportDestination destination = Find(export);
        if (destination.Output is { } output)
        {
            await write(output, cancellationToken);
            await output.FlushAsync(cancellationToken);
        }
        else if (destination.File is { } file)
        {
            await WriteAsync(Path.GetFullPath(file), write, cancellationToken);
        }
        else
        {
            throw new BuildException(
                ErrorKind.Input, "export", "result", "the exporter writes a file, and none is given", "Name one with dest=FILE.");
        }

        return true;
    }

    /// <inheritdoc/>
    public string? DirectoryOf(int export) => Find(export).Directory;

    /// <inheritdoc/>
    public Task SendTreeAsync(int export, bool isComplete, ISentTree tree, CancellationToken cancellationToken) => throw new BuildException(
        ErrorKind.Input, "export", "result", "the exporter fills a directory, and none is given", "Name one with dest=DIRECTORY.");

    /// <inheritdoc/>
    public IBlobTarget? BlobsOf(int export) => null;

    private ExportDestination Find(int export) => export >= 0 && export < destinations.Count ? destinations[export] : new ExportDestination();

    // Written beside its place and renamed when it is whole.
    private static async Task WriteAsync(string path, Func<Stream, CancellationToken, Task> write, CancellationToken cancellationToken)
    {
        string partial = $"{path}.{Guid.NewGuid():N}.partial";
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            await using (FileStream file = new(partial, FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 1 << 16))
            {
                await write(file, cancellationToken);
            }

            File.Move(partial, path, overwrite: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new BuildException(ErrorKind.Environment, "write", path, e.Message, inner: e);
        }
        finally
        {
            if (File.Exists(partial))
            {
                File.Delete(partial);
            }
        }
    }
}
