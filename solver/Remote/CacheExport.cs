using Cairn.Cache.Refs;
using Cairn.Solver.Exporters;
using Cairn.Solver.Keys;

namespace Cairn.Solver.Remote;

/// <summary>One export of a cache, with its attributes read.</summary>
/// <param name="Target">Where it goes.</param>
/// <param name="Mode">For which records blobs are made.</param>
/// <param name="IgnoresErrors">The build does not fail with it.</param>
/// <param name="Blobs">How layers become blobs.</param>
/// <remarks>Source: control-and-status.md, sections 1, 5 and 14.</remarks>
internal sealed record CacheExport(ICacheTarget Target, CacheExportMode Mode, bool IgnoresErrors, BlobChainOptions Blobs)
{
    /// <exception cref="Cairn.Llb.BuildException">Input: an attribute has a value that it cannot have.</exception>
    public static CacheExport Read(ICacheTarget target, CacheSpec spec)
    {
        var attributes = new ExportAttributes(spec.Attributes);
        (Snapshotter.Compression.CompressionKind compression, int? level) = ImageExportOptions.ReadCompression(attributes);
        return new CacheExport(
            target,
            attributes.Text("mode") == "max" ? CacheExportMode.Max : CacheExportMode.Min,
            IsTrue(attributes.Text("ignore-error")),
            new BlobChainOptions
            {
                Compression = compression,
                Level = level,
                Force = attributes.Flag("force-compression", emptyIsTrue: true) ?? false,
            });
    }

    // What is no truth value does not count.
    private static bool IsTrue(string? text) => text is "1" or "t" or "T" or "TRUE" or "true" or "True";
}
