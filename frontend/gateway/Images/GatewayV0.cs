using System.Globalization;
using Cairn.Llb;
using Cairn.Llb.Building;
using Cairn.Solver;
using Cairn.Solver.Containers;
using Cairn.Wire.Errors;
using Google.Protobuf;
using Pb = Cairn.Protos.Pb;

namespace Cairn.Frontend.Gateway.Images;

/// <summary>The built-in frontend "gateway.v0": runs a frontend image in a container, which talks to the bridge over its standard streams.</summary>
/// <remarks>Source: gateway.md, section 3.</remarks>
internal sealed class GatewayV0(IReadOnlyDictionary<string, Pb.Definition> inputs, FrontendCatalogue catalogue) : IFrontend
{
    private const string SourceOption = "source";
    private const string DevelopmentOption = "gateway-devel";
    private const string OptionVariable = "BUILDKIT_FRONTEND_OPT_";
    private const string MetadataDirectory = "/run/config/buildkit/metadata";
    private const string DefinitionFile = "/frontend.bin";
    private const int FileMode = 0x1a4;   // 0644

    /// <inheritdoc/>
    public async Task<FrontendSolve> SolveAsync(
        IFrontendBridge bridge, IReadOnlyDictionary<string, string> options, CancellationToken cancellationToken)
    {
        if (options.ContainsKey(DevelopmentOption))
        {
            throw new BuildException(ErrorKind.Input, "", "", "development gateway is no longer supported");
        }

        if (options.GetValueOrDefault(SourceOption) is not { Length: > 0 } source)
        {
            throw new BuildException(ErrorKind.Input, "", "", "no source specified for gateway");
        }

        CheckAllowed(source);
        if (source == FrontendCatalogue.Dockerfile && !options.ContainsKey("context:" + source))
        {
            return await catalogue.Find(FrontendCatalogue.Dockerfile, inputs).SolveAsync(bridge, options, cancellationToken);
        }

        try
        {
            FrontendImage image = await FrontendImage.FindAsync(source, options, inputs, bridge, cancellationToken);
            CheckCapabilities(image, options);
            await using BuildContainer container = await ContainerAsync(bridge, image, cancellationToken);
            var run = new FrontendRun(container, catalogue, bridge, inputs, source);
            return await run.RunAsync(Process(image, bridge, options), cancellationToken);
        }
        catch (BuildException e)
        {
            throw ErrorStatus.Of(e).With(new Protos.Errdefs.Frontend { Name = FrontendCatalogue.Gateway, Source = source }).ToException();
        }
    }

    private void CheckAllowed(string source)
    {
        if (catalogue.Settings.AllowedSources is { Count: > 0 } allowed
            && !(ImageReference.TryParse(source, out ImageReference? reference)
                && allowed.Any(one => ImageReference.TryParse(one, out ImageReference? known) && known.Name == reference.Name)))
        {
            throw new BuildException(ErrorKind.Input, "", "", $"'{source}' is not an allowed gateway source");
        }
    }

    private void CheckCapabilities(FrontendImage image, IReadOnlyDictionary<string, string> options)
    {
        IEnumerable<string> asked = FrontendCapabilities.Read(options.GetValueOrDefault(FrontendCapabilities.Option)).Select(static cap => cap.Name);
        if (inputs.Count > 0)
        {
            asked = asked.Append(FrontendCapabilities.Inputs);
        }

        if (asked.FirstOrDefault(name => !image.Capabilities.Contains(name, StringComparer.Ordinal)) is { } missing)
        {
            throw FrontendCapabilities.Missing(missing);
        }
    }

    private static async Task<BuildContainer> ContainerAsync(IFrontendBridge bridge, FrontendImage image, CancellationToken cancellationToken)
    {
        State metadata = State.Scratch.File(
            FileActions.None.MakeFile(DefinitionFile, FileMode, image.Definition.ToByteArray()),
            new VertexOptions { CustomName = "[internal] metadata of the frontend" });
        SolvedRef? root = await bridge.SolveAsync(image.Definition, SolveOptions.Lazy, cancellationToken);
        SolvedRef? files = await bridge.SolveAsync(metadata.Marshal(), SolveOptions.Lazy, cancellationToken);
        return await bridge.OpenContainerAsync(
            new ContainerRequest
            {
                Mounts =
                [
                    new ContainerMount(new Pb.Mount { Dest = "/" }, root is null ? null : ResultHandle.Of(root)),
                    new ContainerMount(new Pb.Mount { Dest = MetadataDirectory, Readonly = true }, ResultHandle.Of(files!)),
                ],
                Network = image.HasNoNetwork ? Pb.NetMode.None : Pb.NetMode.Unset,
            },
            cancellationToken);
    }

    private ContainerProcess Process(FrontendImage image, IFrontendBridge bridge, IReadOnlyDictionary<string, string> options)
    {
        List<string> environment = [.. image.Environment];
        foreach ((string key, string value) in options.OrderBy(static option => option.Key, StringComparer.Ordinal))
        {
            environment.Add(string.Create(CultureInfo.InvariantCulture, $"{OptionVariable}{environment.Count - image.Environment.Count}={key}={value}"));
        }

        environment.Add($"BUILDKIT_SESSION_ID={bridge.SessionId}");
        environment.Add($"BUILDKIT_WORKERS={WorkersJson.Write(catalogue.Workers(bridge))}");
        environment.Add($"BUILDKIT_EXPORTEDPRODUCT={catalogue.Settings.ExportedProduct}");
        return new ContainerProcess { Arguments = image.Arguments, Environment = environment, WorkingDirectory = image.WorkingDirectory };
    }
}
