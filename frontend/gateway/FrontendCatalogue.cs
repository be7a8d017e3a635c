using Cairn.Frontend.Gateway.Images;
using Cairn.Llb;
using Cairn.Protos.Workers;
using Cairn.Solver;
using Pb = Cairn.Protos.Pb;

namespace Cairn.Frontend.Gateway;

/// <summary>The frontends that builds can ask for by name.</summary>
/// <param name="settings">What they are told.</param>
public sealed class FrontendCatalogue(FrontendSettings settings)
{
    /// <summary>The built-in one for Dockerfiles.</summary>
    public const string Dockerfile = "dockerfile.v0";

    /// <summary>The one that runs frontend images.</summary>
    public const string Gateway = "gateway.v0";

    /// <summary>What the frontends are told.</summary>
    public FrontendSettings Settings => settings;

    /// <summary>A frontend for one build.</summary>
    /// <param name="name">Its name on the wire.</param>
    /// <param name="inputs">Definitions given to it, by name.</param>
    /// <exception cref="BuildException">Input: there is none of that name.</exception>
    public IFrontend Find(string name, IReadOnlyDictionary<string, Pb.Definition> inputs) => name switch
    {
        Dockerfile => new DockerfileV0(inputs, this),
        Gateway => new GatewayV0(inputs, this),
        _ => throw new BuildException(ErrorKind.Input, "", "", $"invalid frontend: {name}"),
    };

    // Without a daemon there is a worker all the same.
    internal IReadOnlyList<WorkerRecord> Workers(IFrontendBridge bridge) => settings.Workers.Count > 0
        ? [.. settings.Workers.Select(static worker => new WorkerRecord { ID = worker.ID, Labels = { worker.Labels }, Platforms = { worker.Platforms } })]
        : [new WorkerRecord { ID = "local", Platforms = { bridge.WorkerPlatforms.Select(static platform => platform.ToMessage()) } }];
}
