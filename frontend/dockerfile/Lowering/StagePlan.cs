using System.Globalization;
using Cairn.Frontend.Dockerfile.Contexts;
using Cairn.Frontend.Dockerfile.Expansion;
using Cairn.Frontend.Dockerfile.Instructions;
using Cairn.Frontend.Dockerfile.Linting;
using Cairn.Frontend.Dockerfile.Parsing;
using Cairn.Llb;

namespace Cairn.Frontend.Dockerfile.Lowering;

/// <summary>The stages of a Dockerfile for one platform: what each starts from and takes files from.</summary>
internal sealed class StagePlan
{
    private const string Scratch = "scratch";

    private readonly BuildRequest _request;
    private readonly NamedContexts _named;
    private readonly List<StageState> _stages = [];
    private readonly Dictionary<string, StageState> _implicit = new(StringComparer.Ordinal);   // images and contexts named directly

    /// <exception cref="BuildException">A FROM cannot be understood.</exception>
    public StagePlan(BuildRequest request, NamedContexts named)
    {
        _request = request;
        _named = named;
        foreach (Stage stage in request.Dockerfile.Stages)
        {
            try
            {
                _stages.Add(CreateStage(stage));
            }
            catch (SyntaxFault fault)
            {
                throw DockerfileErrors.Parse(request.Dockerfile.Source, fault.Lines ?? stage.Text.Lines, fault.Message, fault);
            }
            catch (BuildException e) when (e.Sources.Count == 0)
            {
                throw DockerfileErrors.Locate(e, request.Dockerfile.Source, stage.Text.Lines);
            }
        }
        foreach (StageState stage in _stages)
        {
            stage.Commands = stage.IsReplaced ? [] : [.. stage.Stage!.Instructions.Select(AttachLocated)];
        }
    }

    /// <summary>The stage that is built: by name or index, the last one by default.</summary>
    /// <exception cref="BuildException">There is no such stage.</exception>
    public StageState Target()
    {
        if (_request.Options.Target is not { } name)
        {
            return _stages[^1];
        }
        return FindByName(name) ?? FindByIndex(name) ?? throw new BuildException(
            ErrorKind.Input, "", "",
            $"target stage \"{name}\" could not be found{Suggestion.For(name, _stages.Select(s => s.Stage!.Name).OfType<string>())}");
    }

    /// <summary>The instruction with the stages it takes files from.</summary>
    public StageCommand Attach(Instruction instruction) => new(instruction, instruction switch
    {
        CopyInstruction { From: { } from } => [FindSource(from)],
        RunInstruction run => [.. run.Mounts.Select(mount => FindMountSource(mount))],
        _ => [],
    });

    /// <summary>The stages that a stage needs before it can be lowered.</summary>
    public static IEnumerable<StageState> Needs(StageState stage) =>
        stage.Commands.SelectMany(command => command.Sources).OfType<StageState>().Concat(stage.Base is null ? [] : [stage.Base]);

    /// <summary>All that the target needs, itself included.</summary>
    /// <exception cref="BuildException">Stages need each other in a circle.</exception>
    public IReadOnlyList<StageState> Reachable(StageState target)
    {
        var done = new List<StageState>();
        var open = new HashSet<StageState>();
        var finished = new HashSet<StageState>();
        void Visit(StageState stage)
        {
            if (finished.Contains(stage))
            {
                return;
            }
            if (!open.Add(stage))
            {
                throw Error(stage, $"circular dependency detected on stage: {stage.Name}");
            }
            foreach (StageState needed in Needs(stage))
            {
                Visit(needed);
            }
            open.Remove(stage);
            finished.Add(stage);
            done.Add(stage);
        }

        Visit(target);
        return done;
    }

    private BuildException Error(StageState stage, string reason) => stage.Stage is { } parsed
        ? DockerfileErrors.At(_request.Dockerfile.Source, parsed.Text.Lines, reason, null)
        : new BuildException(ErrorKind.Input, "", "", reason);

    private StageState CreateStage(Stage stage)
    {
        var expander = new WordExpander(_request.Escape)
        {
            Unknown = name => ReportUndeclared(name, stage),
        };
        string baseName = expander.Expand(stage.BaseName, _request.Globals);
        if (baseName.Length == 0)
        {
            throw new SyntaxFault($"base name ({stage.BaseName}) should not be blank");
        }
        Platform platform = StagePlatform(stage, expander);
        int index = _stages.Count;
        StageState? earlier = FindByName(baseName);
        (string, string)? own = stage.Name is { } name && _named.Find(name, platform) is { } value ? (name, value) : null;
        (string, string)? forBase = earlier is null && _named.Find(baseName, platform) is { } baseValue ? (baseName, baseValue) : null;
        return new StageState
        {
            Stage = stage,
            Index = index,
            BaseName = baseName,
            Base = own is null ? earlier : null,
            Named = own ?? forBase,
            IsReplaced = own is not null,
            Platform = earlier is not null && stage.Platform is null ? earlier.Platform : platform,
            ShownName = _request.Dockerfile.Stages.Count > 1 ? stage.Name ?? $"stage-{index}" : null,
            IgnoresCache = _request.Options.IgnoresCache(stage.Name),
        };
    }

    private void ReportUndeclared(string name, Stage stage)
    {
        IEnumerable<string> declared = _request.Dockerfile.GlobalArguments.SelectMany(instruction => instruction.Arguments).Select(a => a.Key);
        if (!declared.Contains(name))
        {
            string hint = Suggestion.For(name, _request.Globals.Names);
            _request.Linter.Report(LintRule.UndefinedArgInFrom, stage.Text, null, $"FROM argument '{name}' is not declared{hint}");
        }
    }

    private Platform StagePlatform(Stage stage, WordExpander expander)
    {
        if (stage.Platform is not { } written)
        {
            return _request.TargetPlatform;
        }
        string text = expander.Expand(written, _request.Globals);
        return text.Length > 0
            ? Platform.Parse(text)
            : throw new SyntaxFault($"empty platform value from expression {written}");
    }

    private StageState FindSource(string from) => FindByNumber(from) ?? FindByName(from) ?? Implicit(from);

    private StageState? FindMountSource(MountFlag mount) => mount.Kind switch
    {
        MountKind.Bind when mount.From is null => null,
        MountKind.Cache when mount.From is null => Implicit(Scratch),
        MountKind.Bind or MountKind.Cache => FindByName(mount.From!) ?? Implicit(mount.From!),
        _ => null,
    };

    private StageState Implicit(string name)
    {
        if (!_implicit.TryGetValue(name, out StageState? state))
        {
            Platform platform = _request.TargetPlatform;
            _implicit[name] = state = new StageState
            {
                BaseName = name,
                Named = _named.Find(name, platform) is { } value ? (name, value) : null,
                Platform = platform,
            };
        }
        return state;
    }

    private StageState? FindByName(string name) =>
        _stages.FindLast(s => s.Stage!.Name is { } own && own.Equals(name, StringComparison.OrdinalIgnoreCase));

    private StageState? FindByIndex(string text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int index) && index < _stages.Count ? _stages[index] : null;

    /// <summary>The stage a number means; null for other words.</summary>
    private StageState? FindByNumber(string text) => !text.All(char.IsAsciiDigit) ? null
        : FindByIndex(text) ?? throw new BuildException(ErrorKind.Input, "", "", $"invalid stage index {text}");

    private StageCommand AttachLocated(Instruction instruction)
    {
        try
        {
            return Attach(instruction);
        }
        catch (BuildException e)
        {
            throw DockerfileErrors.Locate(e, _request.Dockerfile.Source, instruction.Text.Lines);
        }
    }
}
