using System.Text.Json;
using Cairn.Llb;

namespace Cairn.Cli.Contexts;

/// <summary>An image in an OCI layout on this machine: PATH, PATH:TAG or PATH@DIGEST.</summary>
/// <param name="Directory">The layout; full path.</param>
/// <param name="Digest">Digest of the manifest or index.</param>
internal sealed record LayoutReference(string Directory, Digest Digest)
{
    private const string NameAnnotation = "org.opencontainers.image.ref.name";

    /// <exception cref="BuildException">Input: no layout there, or no such image in it.</exception>
    public static LayoutReference Open(string text)
    {
        int at = text.LastIndexOf('@');
        if (at > 0)
        {
            return new LayoutReference(Existing(text, text[..at]), Digest.Parse(text[(at + 1)..]));
        }

        int colon = text.LastIndexOf(':');
        bool hasTag = colon > text.LastIndexOf('/') && !System.IO.Directory.Exists(text);
        string directory = Existing(text, hasTag ? text[..colon] : text);
        return new LayoutReference(directory, FindTag(text, directory, hasTag ? text[(colon + 1)..] : null));
    }

    private static string Existing(string text, string path) => File.Exists(Path.Combine(path, "index.json"))
        ? Path.GetFullPath(path)
        : throw new BuildException(ErrorKind.Input, "open OCI layout", text, $"there is no index.json in {path}");

    // Without a tag: "latest", or the only image there is.
    private static Digest FindTag(string text, string directory, string? tag)
    {
        List<(string? Name, string Digest)> images = [];
        try
        {
            using JsonDocument index = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(directory, "index.json")));
            foreach (JsonElement manifest in index.RootElement.GetProperty("manifests").EnumerateArray())
            {
                string? name = manifest.TryGetProperty("annotations", out JsonElement annotations)
                    && annotations.TryGetProperty(NameAnnotation, out JsonElement value) ? value.GetString() : null;
                images.Add((name, manifest.GetProperty("digest").GetString() ?? ""));
            }
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            throw new BuildException(ErrorKind.Input, "open OCI layout", text, "its index.json is not an image index", inner: e);
        }

        string wanted = tag ?? "latest";
        string? found = images.Where(i => i.Name == wanted || (i.Name?.EndsWith(":" + wanted, StringComparison.Ordinal) ?? false)).Select(i => i.Digest).FirstOrDefault();
        if (found is null && tag is null && images.Count == 1)
        {
            found = images[0].Digest;
        }

        return found is not null
            ? Digest.Parse(found)
            : throw new BuildException(
                ErrorKind.Input, "open OCI layout", text, $"no image is named \"{wanted}\" in it",
                remedy: images.Count > 0 ? $"It has: {string.Join(", ", images.Select(i => i.Name ?? i.Digest))}." : null);
    }
}
