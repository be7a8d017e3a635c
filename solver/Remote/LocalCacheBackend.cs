using Cairn.Llb;
using Cairn.Solver.Exporters;
using Cairn.Solver.Keys;

namespace Cairn.Solver.Remote;

/// <summary>Caches in directories of the client, in the form of an image layout whose index the client keeps.</summary>
/// <remarks>Source: control-and-status.md, section 16.1.</remarks>
internal sealed class LocalCacheBackend : ICacheBackend
{
    /// <summary>What ids of such directories begin with.</summary>
    public const string StorePrefix = "local:";

    public string Type => "local";

    public ICacheTarget Target(CacheSpec spec)
    {
        var attributes = new ExportAttributes(spec.Attributes);
        string directory = attributes.Text("dest") is { Length: > 0 } given ? given : throw ExportAttributes.Invalid("local cache exporter requires dest");
        return new LocalCacheTarget(StorePrefix + directory, CacheDocuments.Read(attributes));
    }

    public ICacheSource Source(CacheSpec spec)
    {
        var attributes = new ExportAttributes(spec.Attributes);
        string directory = attributes.Text("src") is { Length: > 0 } given ? given : throw ExportAttributes.Invalid("local cache importer requires src");
        string text = attributes.Text("digest") is { Length: > 0 } named
            ? named
            : throw ExportAttributes.Invalid("local cache importer requires explicit digest");
        return Digest.TryParse(text, out Digest digest)
            ? new LocalCacheSource(CacheName.Of(spec), StorePrefix + directory, digest)
            : throw ExportAttributes.Invalid($"{text} is no digest");
    }
}
