using Cairn.Llb;

namespace Cairn.Solver.Sessions;

/// <summary>One image layout in a directory.</summary>
internal sealed class LayoutDirectory(string directory) : IOciLayout
{
    public Task<long?> SizeAsync(Digest blob, CancellationToken cancellationToken)
    {
        var file = new FileInfo(PathOf(blob));
        return Task.FromResult<long?>(file.Exists ? file.Length : null);
    }

    public Task<Stream> OpenAsync(Digest blob, long offset, CancellationToken cancellationToken)
    {
        try
        {
            FileStream file = File.OpenRead(PathOf(blob));
            file.Position = offset;
            return Task.FromResult<Stream>(file);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new BuildException(ErrorKind.Input, "read blob", blob.ToString(), $"the image layout {directory} does not have it", inner: e);
        }
    }

    private string PathOf(Digest blob) => Path.Combine(directory, "blobs", blob.Algorithm, blob.Hex);
}
