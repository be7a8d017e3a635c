using Cairn.Cache;
using Cairn.Llb;
using Cairn.Protos.Pb;
using Cairn.Snapshotter.Layers;
using Cairn.Snapshotter.Store;
using Cairn.Solver.Execution;
using Cairn.Solver.Exporters;
using Cairn.Solver.Ops;
using Cairn.Solver.Remote;
using Cairn.Solver.Sessions;
using Cairn.Solver.Sources;
using Microsoft.Extensions.Logging;

namespace Cairn.Solver;

/// <summary>The parts of the engine that ops, sources and exporters work with. One for each open store.</summary>
public sealed record SolverServices
{
    /// <summary>The store.</summary>
    public required StoreRoot Store { get; init; }

    /// <summary>File system states.</summary>
    public required ISnapshotter Snapshotter { get; init; }

    /// <summary>Refs, blobs, keys.</summary>
    public required BuildCache Cache { get; init; }

    /// <summary>Runs processes.</summary>
    public required IExecutor Executor { get; init; }

    /// <summary>All sources; the first that handles a scheme is asked.</summary>
    public required IReadOnlyList<ISource> Sources { get; init; }

    /// <summary>Resolves images.</summary>
    public required IImageResolver Images { get; init; }

    /// <summary>Fetches lazy blobs.</summary>
    public required IBlobFetchers Fetchers { get; init; }

    /// <summary>All exporters.</summary>
    public required IReadOnlyList<IExporterKind> Exporters { get; init; }

    /// <summary>Places that caches are exported to and imported from.</summary>
    internal RemoteCaches Caches { get; init; } = new([]);

    /// <summary>All ops.</summary>
    public required IReadOnlyList<IOpKind> Ops { get; init; }

    /// <summary>Clients beside those of the builds; null if there are none.</summary>
    public ISessionDirectory? Clients { get; init; }

    /// <summary>The time.</summary>
    public required TimeProvider Clock { get; init; }

    /// <summary>Loggers.</summary>
    public required ILoggerFactory Loggers { get; init; }

    /// <summary>What makes ops of a kind.</summary>
    /// <exception cref="BuildException">Internal: there is none, though a graph with such ops was accepted.</exception>
    internal IOpKind OpKind(Op.OpOneofCase kind) => Ops.FirstOrDefault(candidate => candidate.Kind == kind)
        ?? throw new BuildException(ErrorKind.Internal, "solve", $"an op of kind {kind}", "nothing here can", remedy: null, inner: null);
}
