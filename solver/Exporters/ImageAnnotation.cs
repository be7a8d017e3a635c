using System.Text.RegularExpressions;
using Cairn.Llb;

namespace Cairn.Solver.Exporters;

/// <summary>An annotation asked for: where it goes, for which platform (all if null), and what it says.</summary>
internal sealed partial record ImageAnnotation(AnnotationTarget Target, string? Platform, string Key, string Value)
{
    /// <summary>Reads an exporter attribute or result metadata key such as <c>annotation-index[linux/amd64].key</c>.</summary>
    /// <returns>Null if the name is none of an annotation.</returns>
    /// <exception cref="BuildException">Input: the target is unknown.</exception>
    public static ImageAnnotation? TryParse(string name, string value)
    {
        Match match = Pattern().Match(name);
        if (!match.Success)
        {
            return null;
        }

        AnnotationTarget target = match.Groups[1].Value switch
        {
            "" or "manifest" => AnnotationTarget.Manifest,
            "manifest-descriptor" => AnnotationTarget.ManifestDescriptor,
            "index" => AnnotationTarget.Index,
            "index-descriptor" => AnnotationTarget.IndexDescriptor,
            string other => throw new BuildException(ErrorKind.Input, "", "", $"unrecognized annotation type {other}"),
        };
        return new ImageAnnotation(target, match.Groups[2].Success ? match.Groups[2].Value : null, match.Groups[3].Value, value);
    }

    [GeneratedRegex(@"^annotation(?:-([a-z-]+))?(?:\[([A-Za-z0-9_/-]+)\])?\.(\S+)$", RegexOptions.CultureInvariant)]
    private static partial Regex Pattern();
}
