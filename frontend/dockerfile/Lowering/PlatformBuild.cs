using Cairn.Frontend.Dockerfile.Contexts;
using Cairn.Frontend.Dockerfile.Graphs;
using Cairn.Frontend.Dockerfile.Images;
using Cairn.Frontend.Dockerfile.Instructions;
using Cairn.Frontend.Dockerfile.Linting;
using Cairn.Frontend.Dockerfile.Parsing;
using Cairn.Llb;

namespace Cairn.Frontend.Dockerfile.Lowering;

/// <summary>Lowers a Dockerfile for one platform.</summary>
internal sealed class PlatformBuild
{
    private const string Scratch = "scratch";

    private readonly BuildRequest _request;
    private readonly NamedContexts _named;
    private readonly StagePlan _plan;
    private readonly ContextTree _context;
    private readonly Dictionary<(string Reference, Platform Platform), Task<ResolvedImage>> _images = [];

    private PlatformBuild(BuildRequest request)
    {
        _request = request;
        _named = new NamedContexts(request.Host, request.Options);
        _plan = new StagePlan(request, _named);
        _context = request.MainContext.CreateTree();
    }

    /// <summary>The tree and image of the target.</summary>
    /// <exception cref="BuildException">A stage cannot be lowered; the error points at its line.</exception>
    public static async Task<StageState> RunAsync(BuildRequest request, CancellationToken cancellationToken)
    {
        var build = new PlatformBuild(request);
        StageState target = build._plan.Target();
        IReadOnlyList<StageState> needed = build._plan.Reachable(target);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        build.StartResolving(needed, stop.Token);
        try
        {
            await build.LowerAsync(target, stop.Token);
        }
        finally
        {
            await stop.CancelAsync();   // nothing is left running when a stage fails
        }
        build.Finish(target);
        return target;
    }

    /// <summary>Asks for the configs of all images at once: most of the waiting is for the network.</summary>
    private void StartResolving(IEnumerable<StageState> stages, CancellationToken cancellationToken)
    {
        foreach (StageState stage in stages)
        {
            if (stage is { Base: null, Named: null } && stage.BaseName != Scratch
                && ImageReference.TryParse(stage.BaseName, out ImageReference? reference))
            {
                Observe(ResolveAsync(reference, stage.Platform, cancellationToken));
            }
        }
    }

    private static void Observe(Task task) =>
        _ = task.ContinueWith(
            static t => _ = t.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);

    private Task<ResolvedImage> ResolveAsync(ImageReference reference, Platform platform, CancellationToken cancellationToken)
    {
        if (!_images.TryGetValue((reference.ToString(), platform), out Task<ResolvedImage>? task))
        {
            string prefix = _request.ShowsPlatform ? $"[{platform.Format()} internal]" : "[internal]";
            var request = new ImageRequest(
                reference.ToString(), platform, _request.Options.ResolveMode, $"{prefix} load metadata for {reference}");
            _images[(reference.ToString(), platform)] = task = AskAsync(request, cancellationToken);
        }
        return task;
    }

    /// <summary>Asks the host; even what it throws at once belongs to whoever awaits.</summary>
    private async Task<ResolvedImage> AskAsync(ImageRequest request, CancellationToken cancellationToken) =>
        await _request.Host.ResolveImageAsync(request, cancellationToken);

    private async Task LowerAsync(StageState stage, CancellationToken cancellationToken)
    {
        if (stage.Progress != Progress.Waiting)
        {
            return;
        }
        stage.Progress = Progress.Running;
        LineRange? place = stage.Stage?.Text.Lines;
        try
        {
            await LoadBaseAsync(stage, cancellationToken);
            AttachTriggers(stage);
        }
        catch (SyntaxFault fault) when (place is { } lines)
        {
            throw DockerfileErrors.At(_request.Dockerfile.Source, lines, fault.Message, fault);
        }
        catch (BuildException e) when (place is { } lines && e.Sources.Count == 0)
        {
            throw DockerfileErrors.Locate(e, _request.Dockerfile.Source, lines);
        }
        var lowering = new StageLowering(_request, stage, _context);
        foreach (StageCommand command in stage.Commands)
        {
            await LowerCommandAsync(stage, command, lowering, cancellationToken);
        }
        stage.Progress = Progress.Done;
    }

    private async Task LowerCommandAsync(StageState stage, StageCommand command, StageLowering lowering, CancellationToken cancellationToken)
    {
        LineRange lines = command.Instruction.Text.Lines;
        try
        {
            foreach (StageState source in command.Sources.OfType<StageState>())
            {
                bool isLater = source.Stage is not null && source.Index >= stage.Index;
                if (isLater || source.Progress == Progress.Running)
                {
                    throw new SyntaxFault(
                        $"cannot copy from stage \"{source.Name}\", it needs to be defined before current stage \"{stage.Name}\"");
                }
                await LowerAsync(source, cancellationToken);
            }
            lowering.Lower(command);
        }
        catch (SyntaxFault fault)
        {
            throw DockerfileErrors.At(_request.Dockerfile.Source, lines, fault.Message, fault);
        }
        catch (BuildException e) when (e.Sources.Count == 0)
        {
            throw DockerfileErrors.Locate(e, _request.Dockerfile.Source, lines);
        }
    }

    private async Task LoadBaseAsync(StageState stage, CancellationToken cancellationToken)
    {
        stage.StepCount = stage.Stage is null ? 0
            : (stage.Base is null && stage.BaseName != Scratch ? 1 : 0) + stage.Commands.Count(command => IsStep(command.Instruction));
        if (stage.Named is { } named)
        {
            NamedContext loaded = await _named.LoadAsync(named.Name, named.Value, stage.Platform, cancellationToken);
            stage.Tree = loaded.Context.Tree;
            stage.Image = loaded.Image ?? ImageConfig.Scratch(stage.Platform);
            stage.BaseConfig = loaded.ImageBytes;
        }
        else if (stage.Base is { } below)
        {
            await LowerAsync(below, cancellationToken);
            TakeOver(below, stage);
            return;
        }
        else if (stage.BaseName == Scratch)
        {
            stage.Image = ImageConfig.Scratch(stage.Platform);
        }
        else
        {
            await LoadImageAsync(stage, cancellationToken);
        }
        TakeImageState(stage);
    }

    private static bool IsStep(Instruction instruction) =>
        instruction is RunInstruction or CopyInstruction or AddInstruction or WorkdirInstruction;

    private static void TakeOver(StageState below, StageState stage)
    {
        stage.Tree = below.Tree;
        stage.Image = below.Image.Clone();
        stage.BaseConfig = below.BaseConfig;
        stage.Platform = below.Platform;
        stage.Variables = below.Variables;
        stage.WorkingDirectory = below.WorkingDirectory;
        stage.HasWorkingDirectory = below.HasWorkingDirectory;
        stage.User = below.User;
        stage.Arguments = [.. below.Arguments];
    }

    private async Task LoadImageAsync(StageState stage, CancellationToken cancellationToken)
    {
        ImageReference reference = ImageReference.Parse(stage.BaseName);
        ResolvedImage resolved;
        try
        {
            resolved = await ResolveAsync(reference, stage.Platform, cancellationToken);
        }
        catch (BuildException e)
        {
            string hint = Suggestion.For(stage.BaseName, _request.Dockerfile.Stages.Select(s => s.Name).OfType<string>());
            throw new BuildException(
                e.Kind, "", stage.BaseName, $"failed to resolve source metadata for {reference}: {e.Message}{hint}", e.Remedy, e);
        }
        stage.BaseConfig = resolved.Config.ToArray();
        stage.Image = ImageConfigJson.Read(resolved.Config, reference.ToString());
        CheckPlatform(stage, reference);
        if (stage.Image.DiffIds is null or { Count: 0 })
        {
            return;   // an image without layers is an empty tree with a config
        }
        ImageReference pinned = reference.WithDigest(resolved.Digest);
        string name = StepName.Next(stage, $"FROM {pinned}", _request.ShowsPlatform);
        var notes = new NodeNotes { Name = name, Command = stage.Stage?.Source ?? "", Lines = stage.Stage?.Text.Lines };
        stage.Tree = GraphEdge.Of(ImageSource.Create(pinned, stage.Platform, _request.Options.ResolveMode, notes));
    }

    private void CheckPlatform(StageState stage, ImageReference reference)
    {
        Platform found = stage.Image.Platform;
        if (stage.Image.Os.Length == 0 || stage.Image.Architecture.Length == 0 || stage.Platform.Rank(found) is not null)
        {
            return;
        }
        if (!_request.IsPlatformAsked && stage.Stage?.Platform is null && _request.Host.WorkerPlatforms.Any(p => p.Rank(found) is not null))
        {
            stage.Platform = found;   // no platform was asked for, and this one runs here
            return;
        }
        if (stage.Stage is { } parsed)
        {
            _request.Linter.Report(
                LintRule.InvalidBaseImagePlatform, parsed.Text, null,
                $"Base image {reference} was pulled with platform \"{found.Format()}\", expected \"{stage.Platform.Format()}\" for current build");
        }
    }

    /// <summary>The state starts as the image says: environment, directory, user; a PATH is always there.</summary>
    private static void TakeImageState(StageState stage)
    {
        ImageConfig image = stage.Image;
        foreach (string entry in image.Env)
        {
            int equals = entry.IndexOf('=', StringComparison.Ordinal);
            stage.Variables = stage.Variables.With(equals < 0 ? entry : entry[..equals], equals < 0 ? "" : entry[(equals + 1)..]);
        }
        if (stage.Variables.Find("PATH") is null && image.Os != "windows")
        {
            image.SetEnv("PATH", ImageConfig.DefaultPath);
            stage.Variables = stage.Variables.With("PATH", ImageConfig.DefaultPath);
        }
        stage.WorkingDirectory = image.WorkingDir.Length > 0 ? UnixPath.Join("/", image.WorkingDir) : "/";
        stage.HasWorkingDirectory = false;
        stage.User = image.User;
    }

    /// <summary>Puts the triggers of the base before the stage's own instructions; they are not handed on.</summary>
    private void AttachTriggers(StageState stage)
    {
        IReadOnlyList<string> triggers = stage.Image.OnBuild;
        if (stage.Stage is null || stage.IsReplaced || triggers.Count == 0)
        {
            return;
        }
        stage.Image.OnBuild = [];
        var parser = new InstructionParser('\\');
        var commands = new List<StageCommand>();
        foreach (string trigger in triggers)
        {
            var source = new SourceText("onbuild", System.Text.Encoding.UTF8.GetBytes(trigger));
            IReadOnlyList<InstructionText> texts = DockerfileReader.Read(source).Instructions;
            if (texts.Count != 1)
            {
                throw new SyntaxFault("onbuild trigger should be a single expression");
            }
            Instruction instruction = parser.Parse(texts[0]) with { IsTriggered = true };
            instruction = instruction with { Text = instruction.Text with { Lines = stage.Stage.Text.Lines } };
            commands.Add(_plan.Attach(instruction));
            stage.StepCount += IsStep(instruction) ? 1 : 0;
        }
        stage.Commands = [.. commands, .. stage.Commands];
    }

    private void Finish(StageState target)
    {
        foreach ((string name, string value) in _request.Options.Labels)
        {
            target.Image.Labels[name] = value;
        }
        if (_request.IsPlatformAsked)
        {
            target.Image.SetPlatform(_request.TargetPlatform);
        }
    }
}
