using Cairn.Llb;
using Pb = Cairn.Protos.Pb;

namespace Cairn.Frontend.Dockerfile;

/// <summary>What the frontend needs from whoever runs it. Calls may come from several platforms at once.</summary>
public interface IDockerfileHost
{
    /// <summary>The session of the client; stands in every local source.</summary>
    string SessionId { get; }

    /// <summary>What the worker can run; the first is native.</summary>
    IReadOnlyList<Platform> WorkerPlatforms { get; }

    /// <summary>Definitions that the client gave by name; none unless it gave some.</summary>
    IReadOnlyDictionary<string, Pb.Definition> Inputs => System.Collections.ObjectModel.ReadOnlyDictionary<string, Pb.Definition>.Empty;

    /// <summary>The config and digest of an image, or of an image in an OCI layout of the client.</summary>
    /// <exception cref="BuildException">The image cannot be resolved.</exception>
    Task<ResolvedImage> ResolveImageAsync(ImageRequest request, CancellationToken cancellationToken);

    /// <summary>Solves a definition and reads one file of the result.</summary>
    /// <returns>The whole file, or null when it is absent.</returns>
    Task<byte[]?> ReadFileAsync(Pb.Definition definition, string path, CancellationToken cancellationToken);

    /// <summary>Shows a warning.</summary>
    void Warn(DockerfileWarning warning);

    /// <summary>Runs another frontend image in place of this one, as a <c>syntax</c> line asks for; what it says is the result then.</summary>
    /// <param name="source">The frontend image.</param>
    /// <param name="commandLine">The whole value of the syntax line.</param>
    /// <param name="options">The options this frontend was given.</param>
    /// <param name="cancellationToken">Stops the build.</param>
    /// <returns>False when the host runs no frontend images.</returns>
    /// <exception cref="BuildException">The image cannot be run, or its frontend failed.</exception>
    Task<bool> ForwardAsync(
        string source, string commandLine, IReadOnlyDictionary<string, string> options, CancellationToken cancellationToken) =>
        Task.FromResult(false);
}
