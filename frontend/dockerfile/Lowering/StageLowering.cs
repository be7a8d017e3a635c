using System.Globalization;
using Cairn.Frontend.Dockerfile.Contexts;
using Cairn.Frontend.Dockerfile.Expansion;
using Cairn.Frontend.Dockerfile.Graphs;
using Cairn.Frontend.Dockerfile.Images;
using Cairn.Frontend.Dockerfile.Instructions;
using Cairn.Frontend.Dockerfile.Linting;
using Cairn.Frontend.Dockerfile.Parsing;
using Cairn.Llb;
using Pb = Cairn.Protos.Pb;

namespace Cairn.Frontend.Dockerfile.Lowering;

/// <summary>Applies instructions to a stage: its tree, its state and its image config.</summary>
internal sealed partial class StageLowering
{
    private const string HistoryComment = "buildkit.dockerfile.v0";

    private static readonly string[] NotInEnvironment = ["BUILDKIT_SBOM_SCAN_CONTEXT", "BUILDKIT_SBOM_SCAN_STAGE"];

    private readonly BuildRequest _request;
    private readonly StageState _stage;
    private readonly ContextTree _context;
    private Instruction _current = null!;   // set by Lower before anything reads it

    public StageLowering(BuildRequest request, StageState stage, ContextTree context)
    {
        _request = request;
        _stage = stage;
        _context = context;
    }

    private ImageConfig Image => _stage.Image;

    private InstructionText? StageText => _stage.Stage?.Text;

    /// <exception cref="SyntaxFault">A value is wrong after expansion.</exception>
    /// <exception cref="BuildException">Likewise, where other rooms find it.</exception>
    public void Lower(StageCommand command)
    {
        _current = command.Instruction;
        switch (command.Instruction)
        {
            case RunInstruction run:
                LowerRun(run, command.Sources);
                break;
            case CopyInstruction copy:
                LowerCopy(copy, command.Sources.Count > 0 ? command.Sources[0] : null);
                break;
            case AddInstruction add:
                LowerAdd(add);
                break;
            case WorkdirInstruction workdir:
                LowerWorkdir(workdir);
                break;
            case EnvInstruction env:
                LowerEnv(env);
                break;
            case ArgInstruction argument:
                LowerArg(argument);
                break;
            case LabelInstruction label:
                LowerLabel(label);
                break;
            default:
                LowerConfig(command.Instruction);
                break;
        }
    }

    /// <summary>The value with variables replaced; unknown ones are reported.</summary>
    private string Expand(string text) => Expander().Expand(text, _stage.Variables);

    private WordExpander Expander() => new(_request.Escape) { Unknown = ReportUnknown };

    private void ReportUnknown(string name)
    {
        if (!IsProxy(name) && !_stage.Arguments.Exists(argument => argument.Key == name))
        {
            string? near = Suggestion.Nearest(name, _stage.Variables.Names);
            string hint = near is null ? "" : $" (did you mean ${near}?)";
            _request.Linter.Report(LintRule.UndefinedVar, _current.Text, StageText, $"Usage of undefined variable '${name}'{hint}");
        }
    }

    private static bool IsProxy(string name) =>
        name.ToLowerInvariant() is "http_proxy" or "https_proxy" or "ftp_proxy" or "no_proxy" or "all_proxy";

    private void Record(string createdBy, bool makesLayer) => Image.History.Add(new HistoryEntry(createdBy, CreationTime(), !makesLayer)
    {
        Comment = HistoryComment,
    });

    private string? CreationTime() => _request.Epoch is { } seconds
        ? DateTimeOffset.FromUnixTimeSeconds(seconds).ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture)
        : null;

    private long Timestamp => _request.Epoch is { } seconds ? seconds * 1_000_000_000 : -1;

    /// <summary>The instruction as it is shown: variables replaced where that is possible, the name in upper case.</summary>
    private string ShownText(WordExpander expander, IVariables variables)
    {
        string text = _current.Source;
        try
        {
            text = expander.Expand(text, variables);
        }
        catch (SyntaxFault)
        {
            // what cannot be expanded is shown as written
        }
        int nameEnd = text.AsSpan().IndexOfAny(' ', '\t');
        text = nameEnd < 0 ? text.ToUpperInvariant() : text[..nameEnd].ToUpperInvariant() + text[nameEnd..];
        return _current.IsTriggered ? $"ONBUILD {text}" : text;
    }

    private string NextStep(string text) => StepName.Next(_stage, text, _request.ShowsPlatform);

    private void LowerWorkdir(WorkdirInstruction workdir)
    {
        string path = Expand(workdir.Path);
        if (!path.StartsWith('/') && !_stage.HasWorkingDirectory)
        {
            _request.Linter.Report(
                LintRule.WorkdirRelativePath, workdir.Text, StageText,
                $"Relative workdir \"{path}\" can have unexpected results if the base image changes");
        }
        _stage.HasWorkingDirectory = true;
        string directory = path.StartsWith('/') ? UnixPath.Join("/", path) : UnixPath.Join("/", _stage.WorkingDirectory, path);
        string shown = ShownText(new WordExpander(_request.Escape), _stage.Variables);
        _stage.WorkingDirectory = directory;
        Image.WorkingDir = directory;
        if (directory != "/")
        {
            var mkdir = new Pb.FileActionMkDir
            {
                Path = directory,
                Mode = 0b111_101_101,
                MakeParents = true,
                Timestamp = Timestamp,
                Owner = Ownership.Parse(_stage.User),
            };
            var notes = new NodeNotes { Name = NextStep(shown), Lines = workdir.Text.Lines };
            _stage.Tree = GraphEdge.Of(new FileNode(_stage.TakeTree(), [new FileStep(new Pb.FileAction { Mkdir = mkdir }, null)], notes));
        }
        Record($"WORKDIR {directory}", makesLayer: directory != "/");
    }

    private void LowerEnv(EnvInstruction env)
    {
        VariableList before = _stage.Variables;
        WordExpander expander = Expander();
        var pairs = new List<string>();
        foreach (KeyValue variable in env.Variables)
        {
            string name = expander.Expand(variable.Key, before);
            string value = expander.Expand(variable.Value!, before);
            ReportSecret(name, "ENV");
            _stage.Variables = _stage.Variables.With(name, value);
            Image.SetEnv(name, value);
            pairs.Add($"{name}={value}");
        }
        Record($"ENV {string.Join(' ', pairs)}", makesLayer: false);
    }

    private void LowerLabel(LabelInstruction label)
    {
        var pairs = new List<string>();
        foreach (KeyValue pair in label.Labels)
        {
            string name = Expand(pair.Key);
            string value = Expand(pair.Value!);
            Image.Labels[name] = value;
            pairs.Add($"{name}={value}");
        }
        Record($"LABEL {string.Join(' ', pairs)}", makesLayer: false);
    }

    private void LowerArg(ArgInstruction instruction)
    {
        var shown = new List<string>();
        foreach (KeyValue argument in instruction.Arguments)
        {
            string name = Expand(argument.Key);
            ReportSecret(name, "ARG");
            string? value = ArgumentValue(name, argument.Value);
            if (value is not null && !NotInEnvironment.Contains(name))
            {
                _stage.Variables = _stage.Variables.With(name, value);
            }
            _stage.Arguments.Add(new KeyValue(name, value));
            shown.Add(value is null ? name : $"{name}={value}");
        }
        Record($"ARG {string.Join(' ', shown)}", makesLayer: false);
    }

    /// <summary>What was given for the build, else the default, else the global value.</summary>
    private string? ArgumentValue(string name, string? @default)
    {
        if (name == GlobalArguments.EpochName && _request.Epoch is { } seconds)
        {
            return seconds.ToString(CultureInfo.InvariantCulture);
        }
        if (_request.Options.BuildArguments.TryGetValue(name, out string? given))
        {
            return given;
        }
        return @default is null ? _request.Globals.Find(name) : Expand(@default);
    }

    private void ReportSecret(string name, string instruction)
    {
        if (SecretNames.IsSecret(name))
        {
            _request.Linter.Report(
                LintRule.SecretsUsedInArgOrEnv, _current.Text, StageText,
                $"Do not use ARG or ENV instructions for sensitive data ({instruction} \"{name}\")");
        }
    }
}
