using System.Globalization;
using System.Text;
using Cairn.Frontend.Dockerfile.Contexts;
using Cairn.Frontend.Dockerfile.Expansion;
using Cairn.Frontend.Dockerfile.Graphs;
using Cairn.Frontend.Dockerfile.Images;
using Cairn.Frontend.Dockerfile.Instructions;
using Cairn.Frontend.Dockerfile.Linting;
using Cairn.Frontend.Dockerfile.Lowering;
using Cairn.Frontend.Dockerfile.Parsing;
using Cairn.Llb;

namespace Cairn.Frontend.Dockerfile;

/// <summary>Turns a Dockerfile into LLB and an image config.</summary>
public static class DockerfileFrontend
{
    /// <summary>Reads the Dockerfile through the host and lowers it for every platform asked for.</summary>
    /// <param name="host">What runs the frontend.</param>
    /// <param name="options">BuildKit's frontend attributes: <c>filename</c>, <c>target</c>, <c>build-arg:…</c>, <c>context:…</c> and so on.</param>
    /// <param name="cancellationToken">Stops reading and resolving.</param>
    /// <returns>A definition and an image config for each platform; null if the file names another frontend, which the host has run.</returns>
    /// <exception cref="BuildException">The Dockerfile, an option or a base image is wrong; errors of the file carry its lines.</exception>
    public static async Task<FrontendResult?> BuildAsync(
        IDockerfileHost host, IReadOnlyDictionary<string, string> options, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(host);
        ArgumentNullException.ThrowIfNull(options);
        var settings = new FrontendOptions(options);
        MainContext context = await MainContext.OpenAsync(host, settings, cancellationToken);
        LoadedDockerfile file = await context.LoadDockerfileAsync(cancellationToken);
        if (await ForwardAsync(host, settings, options, file, cancellationToken))
        {
            return null;
        }
        ParsedDockerfile dockerfile = DockerfileParser.Parse(file.Text);
        Linter linter = CreateLinter(host, settings, dockerfile, file.Vertex, isShown: true);
        DockerfileChecks.Run(dockerfile, linter);
        await context.LoadIgnoreFileAsync(cancellationToken);

        Platform native = host.WorkerPlatforms.Count > 0 ? host.WorkerPlatforms[0] : Platform.Default;
        IReadOnlyList<Platform> targets = settings.Platforms.Count > 0 ? settings.Platforms : [native];
        var requests = new List<BuildRequest>();
        foreach (Platform target in targets)
        {
            VariableList globals = GlobalArguments.Expand(dockerfile, settings, native, target);
            requests.Add(new BuildRequest
            {
                Host = host,
                Options = settings,
                Dockerfile = dockerfile,
                MainContext = context,
                Linter = requests.Count == 0 ? linter : CreateLinter(host, settings, dockerfile, file.Vertex, isShown: false),
                BuildPlatform = native,
                TargetPlatform = target,
                IsPlatformAsked = settings.Platforms.Count > 0,
                ShowsPlatform = targets.Count > 1,
                Globals = globals,
                Epoch = GlobalArguments.Epoch(settings, globals),
            });
        }
        StageState[] stages = await Task.WhenAll(requests.Select(request => PlatformBuild.RunAsync(request, cancellationToken)));
        linter.ThrowIfForbidden();
        return CreateResult(stages, requests, file, settings.IsMultiPlatform);
    }

    private static FrontendResult CreateResult(
        StageState[] stages, List<BuildRequest> requests, LoadedDockerfile file, bool isMultiPlatform)
    {
        var platforms = stages.Zip(requests, (stage, request) => new PlatformResult(
            request.IsPlatformAsked ? request.TargetPlatform : stage.Platform,
            DefinitionWriter.Write(stage.TakeTree(), file.ToSourceInfo()),
            ImageConfigJson.Write(stage.Image))
        {
            BaseConfig = stage.BaseConfig,
        }).ToList();
        var metadata = new Dictionary<string, byte[]>(StringComparer.Ordinal);
        if (requests[0].Epoch is { } seconds)
        {
            metadata["source.date.epoch"] = Encoding.ASCII.GetBytes(seconds.ToString(CultureInfo.InvariantCulture));
        }
        return new FrontendResult(platforms, metadata, isMultiPlatform);
    }

    private static async Task<bool> ForwardAsync(
        IDockerfileHost host,
        FrontendOptions settings,
        IReadOnlyDictionary<string, string> options,
        LoadedDockerfile file,
        CancellationToken cancellationToken)
    {
        SyntaxLine? line = settings.IsForwarded ? null
            : settings.Syntax is { } given ? new SyntaxLine(given, null) : SyntaxLine.Find(file.Text);
        if (line is null || line.NamesThisFrontend)
        {
            return false;
        }
        BuildException error;
        try
        {
            if (await host.ForwardAsync(line.Source, line.Value, options, cancellationToken))
            {
                return true;
            }
            error = new BuildException(ErrorKind.Input, "", "", $"the frontend image {line.Source} cannot be run here");
        }
        catch (BuildException e) when (e.Sources.Count == 0)
        {
            error = e;
        }
        throw line.Lines is { } lines
            ? DockerfileErrors.Locate(error, file.Text, lines)
            : new BuildException(ErrorKind.Input, "", "", $"failed with build-arg:BUILDKIT_SYNTAX = {line.Value}: {error.Message}", error.Remedy, error);
    }

    private static Linter CreateLinter(
        IDockerfileHost host, FrontendOptions settings, ParsedDockerfile dockerfile, Digest vertex, bool isShown)
    {
        try
        {
            LintOptions rules = LintOptions.Parse(settings.LintOptions ?? dockerfile.Lines.Directives.Check);
            return new Linter(rules, dockerfile.Source, vertex, isShown ? host.Warn : static _ => { });
        }
        catch (SyntaxFault fault)
        {
            throw new BuildException(ErrorKind.Input, "", "", fault.Message, inner: fault);
        }
    }
}
