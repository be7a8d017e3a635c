using System.Text;
using Cairn.Frontend.Dockerfile;
using Cairn.Solver;
using Pb = Cairn.Protos.Pb;

namespace Cairn.Frontend.Gateway;

/// <summary>The built-in frontend "dockerfile.v0": the Dockerfile room, run over the solver's bridge.</summary>
/// <param name="inputs">Definitions that stand for contexts by name ("context", "dockerfile", …); mostly empty.</param>
/// <param name="catalogue">Where it finds frontends that files name.</param>
public sealed class DockerfileV0(IReadOnlyDictionary<string, Pb.Definition> inputs, FrontendCatalogue catalogue) : IFrontend
{
    /// <summary>Without inputs, in an engine that nobody tells of itself.</summary>
    public DockerfileV0()
        : this(new Dictionary<string, Pb.Definition>(StringComparer.Ordinal))
    {
    }

    /// <summary>In an engine that nobody tells of itself.</summary>
    public DockerfileV0(IReadOnlyDictionary<string, Pb.Definition> inputs)
        : this(inputs, new FrontendCatalogue(new FrontendSettings()))
    {
    }

    /// <inheritdoc/>
    public async Task<FrontendSolve> SolveAsync(
        IFrontendBridge bridge, IReadOnlyDictionary<string, string> options, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(bridge);
        ArgumentNullException.ThrowIfNull(options);
        var host = new BridgeHost(bridge, inputs, catalogue);
        if (await DockerfileFrontend.BuildAsync(host, options, cancellationToken) is not { } result)
        {
            return host.Forwarded!;
        }

        Dictionary<string, byte[]> metadata = new(result.Metadata, StringComparer.Ordinal);
        List<PlatformRef> platforms = [];
        foreach (PlatformResult platform in result.Platforms)
        {
            SolvedRef? solved = await bridge.SolveAsync(platform.Definition, SolveOptions.Lazy, cancellationToken);
            string id = platform.Platform.ToString();
            string suffix = result.IsMultiPlatform ? "/" + id : "";
            platforms.Add(new PlatformRef(result.IsMultiPlatform ? id : "", platform.Platform, solved));
            metadata[ResultKeys.Config + suffix] = platform.Config;
            if (platform.BaseConfig is { } baseConfig)
            {
                metadata[ResultKeys.BaseConfig + suffix] = baseConfig;
            }
        }

        metadata[ResultKeys.Platforms] = Encoding.UTF8.GetBytes(PlatformsJson.Write([.. result.Platforms.Select(p => p.Platform)]));
        return new FrontendSolve(platforms, result.IsMultiPlatform, metadata);
    }
}
