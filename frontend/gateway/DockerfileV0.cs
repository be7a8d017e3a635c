using System.Text;
using Cairn.Frontend.Dockerfile;
using Cairn.Frontend.Dockerfile.Subrequests;
using Cairn.Protos.Errdefs;
using Cairn.Solver;
using Cairn.Solver.Remote;
using Cairn.Wire.Errors;
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
        if (options.GetValueOrDefault(CacheSpec.ImportOption) is { Length: > 0 } caches)
        {
            bridge.ImportCaches(CacheSpec.ParseImports(caches));
        }

        string[] missing = [.. Unsupported(options)];
        var host = new BridgeHost(bridge, inputs, catalogue);
        if (await BuildAsync(host, options, cancellationToken) is not { } result)
        {
            return host.Forwarded!;
        }

        if (missing.Length > 0)
        {
            throw FrontendCapabilities.Missing(missing[0]);   // nobody else has taken it
        }

        Dictionary<string, byte[]> metadata = new(result.Metadata, StringComparer.Ordinal);
        if (result.Platforms.Count == 0)
        {
            return new FrontendSolve([], IsMultiPlatform: false, metadata);   // an answer, and nothing built
        }

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

    private static async Task<FrontendResult?> BuildAsync(
        BridgeHost host, IReadOnlyDictionary<string, string> options, CancellationToken cancellationToken)
    {
        try
        {
            return await DockerfileFrontend.BuildAsync(host, options, cancellationToken);
        }
        catch (UnknownSubrequestException e)
        {
            throw ErrorStatus.Of(e).With(new Subrequest { Name = e.Name }).ToException();
        }
    }

    // What only another frontend may have, named by the file.
    private static IEnumerable<string> Unsupported(IReadOnlyDictionary<string, string> options)
    {
        foreach ((string name, bool mayForward) in FrontendCapabilities.Read(options.GetValueOrDefault(FrontendCapabilities.Option)))
        {
            if (!FrontendCapabilities.OfDockerfile.Contains(name, StringComparer.Ordinal))
            {
                yield return mayForward ? name : throw FrontendCapabilities.Missing(name);
            }
        }
    }
}
