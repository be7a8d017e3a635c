namespace Cairn.Solver.Remote;

/// <summary>One place that a cache is exported to.</summary>
internal interface ICacheTarget
{
    /// <summary>Name of the vertex it is shown as.</summary>
    string Name { get; }

    /// <summary>Writes layers first, then what names them, so that a reader never finds names without bytes.</summary>
    /// <returns>Entries of the build's response.</returns>
    /// <exception cref="Cairn.Llb.BuildException">The place refuses, or cannot be reached.</exception>
    Task<IReadOnlyDictionary<string, string>> WriteAsync(RemoteCache cache, CacheTransfer transfer, CancellationToken cancellationToken);
}
