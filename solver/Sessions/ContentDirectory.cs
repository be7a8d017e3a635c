using Cairn.Llb;
using Cairn.Solver.Exporters;
using Cairn.Solver.Images;

namespace Cairn.Solver.Sessions;

/// <summary>A store of blobs in a directory of this machine, in the form of an image layout; its index is its owner's business.</summary>
public sealed class ContentDirectory : IContentStore
{
    private const string TagKey = "org.opencontainers.image.ref.name";
    private const string IndexName = "index.json";
    private const string MarkerName = "oci-layout";

    private readonly string _directory;
    private readonly LayoutDirectory _layout;

    /// <summary>The directory is made when the first blob is written.</summary>
    public ContentDirectory(string directory)
    {
        ArgumentException.ThrowIfNullOrEmpty(directory);
        _directory = directory;
        _layout = new LayoutDirectory(directory);
    }

    /// <inheritdoc/>
    public Task<long?> SizeAsync(Digest blob, CancellationToken cancellationToken) => _layout.SizeAsync(blob, cancellationToken);

    /// <inheritdoc/>
    public Task<Stream> OpenAsync(Digest blob, long offset, CancellationToken cancellationToken) => _layout.OpenAsync(blob, offset, cancellationToken);

    /// <inheritdoc/>
    public async Task WriteAsync(Descriptor blob, Func<CancellationToken, Task<Stream>> open, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(blob);
        ArgumentNullException.ThrowIfNull(open);
        string place = PathOf(blob.Digest);
        if (new FileInfo(place) is { Exists: true } present && present.Length == blob.Size)
        {
            return;
        }

        await ReplaceAsync(place, async file =>
        {
            await using Stream bytes = await open(cancellationToken);
            await bytes.CopyToAsync(file, cancellationToken);
        });
    }

    /// <summary>The manifest that a tag stands for in the index; null if there is none.</summary>
    /// <exception cref="BuildException">Input: the index is no image index.</exception>
    public async Task<Digest?> FindAsync(string tag, CancellationToken cancellationToken) =>
        (await IndexAsync(cancellationToken)).FirstOrDefault(entry => entry.Annotations.GetValueOrDefault(TagKey) == tag)?.Digest;

    /// <summary>Has a tag stand for a manifest that was written.</summary>
    /// <param name="manifest">As the index names it.</param>
    /// <param name="tag">The tag; whatever had it loses it.</param>
    /// <param name="reset">Everything else goes: other entries, and blobs that nothing refers to any more.</param>
    /// <param name="cancellationToken">Stops before the index changes.</param>
    public async Task TagAsync(Descriptor manifest, string tag, bool reset, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(manifest);
        IEnumerable<Descriptor> kept = reset
            ? []
            : (await IndexAsync(cancellationToken)).Where(entry => entry.Annotations.GetValueOrDefault(TagKey) != tag);
        byte[] index = ManifestWriter.Index(
            MediaTypes.OciIndex, [.. kept, manifest.WithAnnotation(TagKey, tag)], new Dictionary<string, string>(), compact: true);
        await ReplaceAsync(Path.Combine(_directory, MarkerName), file => file.WriteAsync(OciLayout.Marker, cancellationToken).AsTask());
        await ReplaceAsync(Path.Combine(_directory, IndexName), file => file.WriteAsync(index, cancellationToken).AsTask());
        if (reset)
        {
            await SweepAsync(manifest.Digest, cancellationToken);
        }
    }

    // The manifest names everything that stays.
    private async Task SweepAsync(Digest manifest, CancellationToken cancellationToken)
    {
        byte[] bytes = await File.ReadAllBytesAsync(PathOf(manifest), cancellationToken);
        (ImageManifest? image, ImageIndex? index) = ImageDocument.Read(bytes, MediaTypes.OciManifest, _directory);
        IEnumerable<Descriptor> used = image is null ? index!.Manifests : image.Layers.Append(image.Config);
        HashSet<string> paths = [PathOf(manifest), .. used.Select(blob => PathOf(blob.Digest))];
        foreach (string path in Directory.EnumerateFiles(Path.Combine(_directory, "blobs"), "*", SearchOption.AllDirectories).Where(path => !paths.Contains(path)))
        {
            File.Delete(path);
        }
    }

    private async Task<IReadOnlyList<Descriptor>> IndexAsync(CancellationToken cancellationToken)
    {
        string path = Path.Combine(_directory, IndexName);
        if (!File.Exists(path))
        {
            return [];
        }

        (_, ImageIndex? index) = ImageDocument.Read(await File.ReadAllBytesAsync(path, cancellationToken), MediaTypes.OciIndex, path);
        return index?.Manifests ?? [];
    }

    private string PathOf(Digest blob) => Path.Combine(_directory, "blobs", blob.Algorithm, blob.Hex);

    // A reader sees the old file or the new one, never a part.
    private static async Task ReplaceAsync(string path, Func<FileStream, Task> write)
    {
        string partial = $"{path}.{Guid.NewGuid():N}";
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            await using (FileStream file = new(partial, FileMode.CreateNew, FileAccess.Write))
            {
                await write(file);
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
