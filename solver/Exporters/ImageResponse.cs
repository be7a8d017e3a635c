using System.Text;
using Cairn.Llb;
using Cairn.Solver.Images;

namespace Cairn.Solver.Exporters;

/// <summary>What an image-like exporter reports, and how image names are read.</summary>
internal static class ImageResponse
{
    /// <summary>Entries of the build's response; without names the entry for them is left out.</summary>
    public static SortedDictionary<string, string> Of(AssembledImage image, IReadOnlyList<string> names)
    {
        var response = new SortedDictionary<string, string>(StringComparer.Ordinal)
        {
            ["containerimage.digest"] = image.Top.Digest.ToString(),
            ["containerimage.descriptor"] = Convert.ToBase64String(ManifestWriter.Descriptor(image.Top)),
        };
        if (image.Config is { } config)
        {
            response["containerimage.config.digest"] = config.Digest.ToString();
        }

        if (names.Count > 0)
        {
            response["image.name"] = string.Join(',', names);
        }

        return response;
    }

    /// <summary>The names of an export in full form; the result's own where the export says <c>name=*</c>.</summary>
    /// <exception cref="BuildException">Input: a name is none.</exception>
    public static IReadOnlyList<ImageReference> Names(ExportRequest request, ImageExportOptions options)
    {
        IEnumerable<string> texts = !options.NameFromResult ? options.Names
            : request.Metadata.TryGetValue("image.name", out byte[]? own)
                ? Encoding.UTF8.GetString(own).Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
                : [];
        var names = new List<ImageReference>();
        foreach (string text in texts)
        {
            names.Add(Read(text, options.PushByDigest));
        }

        return names;
    }

    /// <summary>Names that are pushed by digest have no tag, not even the usual one.</summary>
    private static ImageReference Read(string text, bool byDigest)
    {
        if (byDigest && text.LastIndexOf(':') > text.LastIndexOf('/'))
        {
            throw ExportAttributes.Invalid($"can't push tagged ref {text} by digest");
        }

        try
        {
            return ImageReference.Parse(text);
        }
        catch (BuildException e)
        {
            throw new BuildException(ErrorKind.Input, "", "", $"failed to parse {text}: {e.Reason}", e.Remedy, e);
        }
    }
}
