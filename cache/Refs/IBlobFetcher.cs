using Cairn.Llb;

namespace Cairn.Cache.Refs;

/// <summary>Opens blobs at their source, with the credentials of one build.</summary>
public interface IBlobFetcher
{
    /// <summary>Opens a blob for reading.</summary>
    /// <param name="blob">The blob; what is read is checked against it by the caller.</param>
    /// <param name="source">Where to look.</param>
    /// <param name="offset">Bytes to leave out at the start.</param>
    /// <param name="cancellationToken">Ends the request.</param>
    /// <returns>The bytes from <paramref name="offset"/> on; the caller disposes it.</returns>
    /// <exception cref="BuildException">The source cannot be reached, refuses, or does not have the blob.</exception>
    Task<Stream> OpenAsync(Descriptor blob, BlobSource source, long offset, CancellationToken cancellationToken);
}
