using Cairn.Llb;
using Cairn.Solver.Keys;
using Cairn.Solver.Containers;
using Cairn.Solver.Progress;
using Cairn.Solver.Remote;
using Cairn.Solver.Sources;
using Definition = Cairn.Protos.Pb.Definition;

namespace Cairn.Solver;

/// <summary>What a frontend can ask of the solver, for one build.</summary>
public interface IFrontendBridge
{
    /// <summary>Session of the build's client; stands in local sources.</summary>
    string SessionId { get; }

    /// <summary>Platforms that steps can run on, the machine's own first.</summary>
    IReadOnlyList<Platform> WorkerPlatforms { get; }

    /// <summary>Loads a definition. Nothing is carried out before the ref is used, and errors of the work appear then.</summary>
    /// <returns>Null for a definition without ops: scratch.</returns>
    /// <exception cref="BuildException">Input: the definition is not valid.</exception>
    Task<SolvedRef?> SolveAsync(Definition definition, SolveOptions options, CancellationToken cancellationToken);

    /// <summary>Has caches elsewhere asked for what the store lacks, from now on. One that cannot be read is shown as such, and harms no build.</summary>
    void ImportCaches(IReadOnlyList<CacheSpec> caches);

    /// <summary>Carries out what the ref needs.</summary>
    Task EvaluateAsync(SolvedRef solved, CancellationToken cancellationToken);

    /// <summary>A regular file of a result, or a part of it; null if it does not exist. Symbolic links are followed inside the result.</summary>
    /// <exception cref="BuildException">The result cannot be made, or the path is not a regular file.</exception>
    Task<byte[]?> ReadFileAsync(SolvedRef solved, string path, ByteRange range, CancellationToken cancellationToken);

    /// <summary>What a directory of a result has, in the order of names; null if it does not exist.</summary>
    /// <exception cref="BuildException">The result cannot be made, or the path is not a directory.</exception>
    Task<IReadOnlyList<ResultEntry>?> ReadDirectoryAsync(SolvedRef solved, string path, CancellationToken cancellationToken);

    /// <summary>Status of a path in a result, links followed; null if there is nothing.</summary>
    /// <exception cref="BuildException">The result cannot be made.</exception>
    Task<ResultEntry?> StatAsync(SolvedRef solved, string path, CancellationToken cancellationToken);

    /// <summary>Digest and config of an image.</summary>
    Task<ResolvedImageConfig> ResolveImageConfigAsync(ImageConfigRequest request, CancellationToken cancellationToken);

    /// <summary>The keys that lead to a result, for caches that are exported.</summary>
    /// <param name="solved">The result; it was evaluated before.</param>
    /// <param name="mode">For which records blobs are made.</param>
    /// <param name="cancellationToken">Stops the wait.</param>
    Task<CacheChain> ChainAsync(SolvedRef solved, CacheExportMode mode, CancellationToken cancellationToken);

    /// <summary>A warning of the frontend, shown under a vertex.</summary>
    void Warn(Digest vertex, BuildWarning warning);

    /// <summary>A container of the build's results; the caller disposes it before the build ends.</summary>
    /// <exception cref="BuildException">A result cannot be made or mounted, or the mounts make no sense.</exception>
    Task<BuildContainer> OpenContainerAsync(ContainerRequest request, CancellationToken cancellationToken);

    /// <summary>What is known of the op that an error belongs to; null if it belongs to none of this frontend's.</summary>
    FailedOp? FindFailure(BuildException error);
}
