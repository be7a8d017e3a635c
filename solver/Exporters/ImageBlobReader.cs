using Cairn.Llb;

namespace Cairn.Solver.Exporters;

/// <summary>Opens the bytes of what an image consists of.</summary>
internal static class ImageBlobReader
{
    /// <summary>A layer that is lazy is fetched into the store first.</summary>
    /// <exception cref="BuildException">The layer cannot be had.</exception>
    public static async Task<Stream> OpenAsync(ImageBlob blob, ExportRequest request, CancellationToken cancellationToken) =>
        blob.Bytes is { } bytes
            ? new MemoryStream(bytes.ToArray(), writable: false)
            : await request.Cache.Blobs.OpenAsync(blob.Layer!, request.Refs, cancellationToken);
}
