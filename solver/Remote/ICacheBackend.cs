using Cairn.Solver.Keys;

namespace Cairn.Solver.Remote;

/// <summary>A kind of place where caches are kept.</summary>
internal interface ICacheBackend
{
    /// <summary>The type it is asked for by.</summary>
    string Type { get; }

    /// <summary>A cache to export to. No I/O.</summary>
    /// <exception cref="Cairn.Llb.BuildException">Input: an attribute makes no sense.</exception>
    ICacheTarget Target(CacheSpec spec);

    /// <summary>A cache to import. No I/O.</summary>
    /// <exception cref="Cairn.Llb.BuildException">Input: an attribute makes no sense.</exception>
    ICacheSource Source(CacheSpec spec);
}
