using System.Text;
using Cairn.Llb;
using Cairn.Solver.Images;

namespace Cairn.Solver.Remote;

/// <summary>What a client learns of a cache that was written.</summary>
internal static class CacheResponse
{
    /// <summary>Key of the descriptor of the document that names everything else.</summary>
    public const string ManifestKey = "cache.manifest";

    public static IReadOnlyDictionary<string, string> Of(Descriptor manifest) => new Dictionary<string, string>(StringComparer.Ordinal)
    {
        [ManifestKey] = Encoding.UTF8.GetString(ManifestWriter.Descriptor(manifest)),
    };
}
