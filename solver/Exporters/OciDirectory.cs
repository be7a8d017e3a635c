using Cairn.Llb;
using Cairn.Solver.Images;

namespace Cairn.Solver.Exporters;

/// <summary>An image layout in a directory; images that are in it stay, apart from those of the same name.</summary>
internal sealed class OciDirectory(string directory)
{
    public async Task WriteAsync(
        AssembledImage image, IReadOnlyList<ImageReference> names, Func<ImageBlob, CancellationToken, Task<Stream>> open, CancellationToken cancellationToken)
    {
        foreach (ImageBlob blob in image.Blobs)
        {
            string path = Path.Combine(directory, OciLayout.BlobPath(blob.Descriptor.Digest));
            if (File.Exists(path) && new FileInfo(path).Length == blob.Descriptor.Size)
            {
                continue;
            }

            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            await using Stream source = await open(blob, cancellationToken);
            await ReplaceAsync(path, file => source.CopyToAsync(file, cancellationToken));
        }

        await ReplaceAsync(Path.Combine(directory, "oci-layout"), file => file.WriteAsync(OciLayout.Marker, cancellationToken).AsTask());
        byte[] index = await IndexAsync(image.Top, names, cancellationToken);
        await ReplaceAsync(Path.Combine(directory, "index.json"), file => file.WriteAsync(index, cancellationToken).AsTask());
    }

    private async Task<byte[]> IndexAsync(Descriptor top, IReadOnlyList<ImageReference> names, CancellationToken cancellationToken)
    {
        string path = Path.Combine(directory, "index.json");
        IReadOnlyList<Descriptor> added = OciLayout.Entries(top, names);
        IEnumerable<Descriptor> kept = [];
        if (File.Exists(path))
        {
            (_, ImageIndex? present) = ImageDocument.Read(await File.ReadAllBytesAsync(path, cancellationToken), MediaTypes.OciIndex, path);
            kept = (present?.Manifests ?? []).Where(entry => !added.Any(one => one.Digest == entry.Digest || SameName(one, entry)));
        }

        return ManifestWriter.Index(MediaTypes.OciIndex, [.. kept, .. added], new Dictionary<string, string>(), compact: true);
    }

    private static bool SameName(Descriptor a, Descriptor b) =>
        a.Annotations.TryGetValue(OciLayout.ImageNameKey, out string? name) && b.Annotations.TryGetValue(OciLayout.ImageNameKey, out string? other) && name == other;

    /// <summary>A reader sees the old file or the new one, never a part.</summary>
    private static async Task ReplaceAsync(string path, Func<FileStream, Task> write)
    {
        string temporary = path + ".tmp-" + Guid.NewGuid().ToString("N");
        try
        {
            await using (var file = new FileStream(temporary, FileMode.CreateNew, FileAccess.Write))
            {
                await write(file);
            }

            File.Move(temporary, path, overwrite: true);
        }
        catch
        {
            File.Delete(temporary);
            throw;
        }
    }
}
