using Cairn.Llb;
using Cairn.Solver.Keys;

namespace Cairn.Solver.Remote;

/// <summary>Finds the places that caches are kept in by the type that clients ask for.</summary>
internal sealed class RemoteCaches(IEnumerable<ICacheBackend> backends)
{
    private readonly IReadOnlyList<ICacheBackend> _backends = [.. backends];

    /// <summary>The exports that clients asked for, those in images left out.</summary>
    /// <exception cref="BuildException">Input: there is no such place, or an attribute makes no sense.</exception>
    public IReadOnlyList<CacheExport> Exports(IReadOnlyList<CacheSpec> specs) =>
        [.. specs.Where(static spec => spec.Type != CacheSpec.Inline).Select(Export)];

    /// <summary>A cache to import. One that cannot be imported is a source that fails when it is asked, and harms no build.</summary>
    public ICacheSource Import(CacheSpec spec)
    {
        try
        {
            return (Find(spec.Type) ?? throw new BuildException(ErrorKind.Input, "", "", $"unknown cache importer: {spec.Type}")).Source(spec);
        }
        catch (BuildException e)
        {
            return new FailedCacheSource(CacheName.Of(spec), e);
        }
    }

    private CacheExport Export(CacheSpec spec)
    {
        ICacheBackend backend = Find(spec.Type) ?? throw new BuildException(ErrorKind.Input, "", "", $"unknown cache exporter: \"{spec.Type}\"");
        try
        {
            return CacheExport.Read(backend.Target(spec), spec);
        }
        catch (BuildException e)
        {
            throw new BuildException(e.Kind, "", "", $"failed to configure {spec.Type} cache exporter: {e.Message}", e.Remedy, e);
        }
    }

    private ICacheBackend? Find(string type) => _backends.FirstOrDefault(backend => backend.Type == type);
}
