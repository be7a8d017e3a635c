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
using Cairn.Frontend.Dockerfile.Subrequests;
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
        if (settings.Subrequest is { } request)
        {
            return new FrontendResult([], await AnswerAsync(request, host, options, file, cancellationToken), IsMultiPlatform: false);
        }
        ParsedDockerfile dockerfile = DockerfileParser.Parse(file.Text);
        Linter linter = CreateLinter(settings, dockerfile, file.Vertex, host.Warn);
        DockerfileChecks.Run(dockerfile, linter);
        await context.LoadIgnoreFileAsync(cancellationToken);

        Platform native = host.WorkerPlatforms.Count > 0 ? host.WorkerPlatforms[0] : Platform.Default;
        IReadOnlyList<Platform> targets = settings.Platforms.Count > 0 ? settings.Platforms : [native];
        var requests = new List<BuildRequest>();
        foreach (Platform target in targets)
        {
            Linter shown = requests.Count == 0 ? linter : CreateLinter(settings, dockerfile, file.Vertex, static _ => { });
            requests.Add(CreateRequest(host, settings, dockerfile, context, shown, native, target, targets.Count > 1));
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

    private static BuildRequest CreateRequest(
        IDockerfileHost host, FrontendOptions settings, ParsedDockerfile dockerfile, MainContext context, Linter linter, Platform native, Platform target,
        bool showsPlatform)
    {
        VariableList globals = GlobalArguments.Expand(dockerfile, settings, native, target);
        return new BuildRequest
        {
            Host = host,
            Options = settings,
            Dockerfile = dockerfile,
            MainContext = context,
            Linter = linter,
            BuildPlatform = native,
            TargetPlatform = target,
            IsPlatformAsked = settings.Platforms.Count > 0,
            ShowsPlatform = showsPlatform,
            Globals = globals,
            Epoch = GlobalArguments.Epoch(settings, globals),
        };
    }

    private static async Task<Dictionary<string, byte[]>> AnswerAsync(
        string request, IDockerfileHost host, IReadOnlyDictionary<string, string> options, LoadedDockerfile file, CancellationToken cancellationToken)
    {
        if (request == SubrequestKind.Describe.Name)
        {
            return SubrequestKind.DescribeAll();
        }
        if (request == SubrequestKind.Targets.Name)
        {
            return TargetList.Of(DockerfileParser.Parse(file.Text));
        }
        return request == SubrequestKind.Lint.Name
            ? await LintAsync(host, options, file, cancellationToken)
            : throw new UnknownSubrequestException(request);
    }

    // Without a target, every stage is looked at; what two of them have in common is reported once.
    private static async Task<Dictionary<string, byte[]>> LintAsync(
        IDockerfileHost host, IReadOnlyDictionary<string, string> options, LoadedDockerfile file, CancellationToken cancellationToken)
    {
        var warnings = new List<DockerfileWarning>();
        BuildException? error = null;
        try
        {
            var settings = new FrontendOptions(options);
            ParsedDockerfile dockerfile = DockerfileParser.Parse(file.Text);
            Linter linter = CreateLinter(settings, dockerfile, file.Vertex, warnings.Add);
            DockerfileChecks.Run(dockerfile, linter);
            MainContext context = await MainContext.OpenAsync(host, settings, cancellationToken);
            await context.LoadDockerfileAsync(cancellationToken);
            await context.LoadIgnoreFileAsync(cancellationToken);
            Platform native = host.WorkerPlatforms.Count > 0 ? host.WorkerPlatforms[0] : Platform.Default;
            Platform platform = settings.Platforms.Count > 0 ? settings.Platforms[0] : native;
            IEnumerable<string> targets = settings.Target is { } target
                ? [target]
                : Enumerable.Range(0, dockerfile.Stages.Count).Select(static index => index.ToString(CultureInfo.InvariantCulture));
            foreach (string stage in targets)
            {
                var one = new FrontendOptions(new Dictionary<string, string>(options, StringComparer.Ordinal) { ["target"] = stage });
                await PlatformBuild.RunAsync(CreateRequest(host, one, dockerfile, context, linter, native, platform, showsPlatform: false), cancellationToken);
            }
        }
        catch (BuildException e)
        {
            error = e;
        }
        return LintReport.Of(file.Text, warnings, error);
    }

    private static Linter CreateLinter(FrontendOptions settings, ParsedDockerfile dockerfile, Digest vertex, Action<DockerfileWarning> show)
    {
        try
        {
            LintOptions rules = LintOptions.Parse(settings.LintOptions ?? dockerfile.Lines.Directives.Check);
            return new Linter(rules, dockerfile.Source, vertex, show);
        }
        catch (SyntaxFault fault)
        {
            throw new BuildException(ErrorKind.Input, "", "", fault.Message, inner: fault);
        }
    }
}
